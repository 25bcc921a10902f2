import { openSocket } from '../lib/http-connection.ts'
import { missingRedis } from '../lib/redis-server.ts'
import { RespReader, respCommand, type Resp } from '../lib/resp.ts'
import { redisStreamsAlways } from '../systems/redis-streams.ts'
import { payload, watcher, type WatchedSystem } from './system.ts'

const stream = 'watched'

export const redisStreams: WatchedSystem = {
  name: 'redis streams always',
  use: 'One Redis stream, no web tier; each watcher its own connection with a blocking XREAD, and resumes behind its last id.',
  missing: missingRedis,
  start: (directory) => redisStreamsAlways.start(directory),

  async writer(address) {
    const socket = await openSocket(new URL(address))
    const replies = new RespReader()
    let left = 0
    let done: () => void = () => undefined
    socket.on('data', (chunk: Buffer) => {
      left -= replies.push(chunk.toString('latin1')).length
      if (left === 0) done()
    })
    const command = respCommand('XADD', stream, '*', 'd', payload)
    return (count) =>
      new Promise((resolve) => {
        left = count
        done = resolve
        socket.write(command.repeat(count), 'latin1')
      })
  },

  async watch(address) {
    let heard = 0
    let last = '0-0'
    const open = async () => {
      const socket = await openSocket(new URL(address))
      const replies = new RespReader()
      const ask = (): boolean => socket.write(respCommand('XREAD', 'BLOCK', '0', 'STREAMS', stream, last), 'latin1')
      socket.on('error', () => undefined)
      socket.on('data', (chunk: Buffer) => {
        for (const reply of replies.push(chunk.toString('latin1'))) {
          const entries = entriesOf(reply)
          heard += entries.length
          last = entries.at(-1)?.[0] ?? last
          ask()
        }
      })
      ask()
      return socket
    }
    return watcher({ open, drop: (socket) => socket.destroy(), heard: () => heard })
  },
}

/** An answer of XREAD is `[[stream, [[id, fields], …]]]`. */
function entriesOf(reply: Resp): readonly (readonly [string, unknown])[] {
  const [read] = reply as readonly (readonly [string, readonly (readonly [string, unknown])[]])[] // by the command's definition
  return read?.[1] ?? []
}
