import { HttpConnection, openSocket } from '../lib/http-connection.ts'
import { durableStreamsFile, durableStreamsMemory } from '../systems/durable-streams.ts'
import { countMarkers, payload, watcher, type WatchedSystem } from './system.ts'

const path = '/v1/stream/watched'
/** Events of one POST. */
const batch = 100

function system(name: string, start: WatchedSystem['start']): WatchedSystem {
  return {
    name,
    use: 'One JSON stream; watchers read with live=sse and resume at the last offset that they were told.',
    start,

    async writer(address) {
      const connection = await HttpConnection.open(new URL(address))
      await connection.request('PUT', path, '')
      return async (count) => {
        for (let left = count; left > 0; left -= batch) {
          const events = Array.from({ length: Math.min(batch, left) }, () => `{"d":"${payload}"}`)
          const status = await connection.request('POST', path, `[${events.join(',')}]`)
          if (status !== 204 && status !== 200) throw new Error(`POST ${path} was answered with ${status}.`)
        }
      }
    },

    async watch(address) {
      const url = new URL(address)
      let heard = 0
      let offset = '-1'
      const open = async () => {
        const socket = await openSocket(url)
        let text = ''
        socket.on('error', () => undefined)
        socket.on('data', (chunk: Buffer) => {
          const piece = chunk.toString('latin1')
          heard += countMarkers(piece)
          text = (text + piece).slice(-2_000)
          offset = [...text.matchAll(/"streamNextOffset":"([^"]+)"/g)].at(-1)?.[1] ?? offset
        })
        const get = `GET ${path}?offset=${offset}&live=sse HTTP/1.1\r\nHost: ${url.host}\r\nAccept: text/event-stream\r\n\r\n`
        socket.write(get)
        await new Promise((resolve) => socket.once('data', resolve))
        return socket
      }
      return watcher({ open, drop: (socket) => socket.destroy(), heard: () => heard })
    },
  }
}

export const durableStreams: readonly WatchedSystem[] = [
  system('durable-streams memory', () => durableStreamsMemory.start('')),
  system('durable-streams file', (directory) => durableStreamsFile.start(directory)),
]
