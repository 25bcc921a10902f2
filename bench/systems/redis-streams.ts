import { missingRedis, startRedis } from '../lib/redis-server.ts'
import { RespReader, respCommand, type Resp } from '../lib/resp.ts'
import { openSocket } from '../lib/http-connection.ts'
import { record } from './durable-streams.ts'
import { readingsOf, runningAt, type Driver, type Load, type Running, type System } from '../tokens/system.ts'

const use =
  'One stream per session, no web tier: XADD pipelined on one connection, each reader its own connection with a blocking XREAD. A browser cannot connect so; what would stand between costs more on top.'

export const redisStreamsEverysec: System = {
  name: 'redis streams everysec',
  kept: 'shown, on disk within a second',
  promise:
    'Accepted: in memory, in the file within about a second. A crash may lose that second, which readers have seen.',
  use,
  missing: missingRedis,
  start: (directory) => start(directory, 'everysec'),
  open,
}

export const redisStreamsAlways: System = {
  name: 'redis streams always',
  kept: 'on disk, then shown',
  promise: 'Accepted: written and fsynced, for all commands of a turn at once. Readers get theirs after that too.',
  use,
  missing: missingRedis,
  start: (directory) => start(directory, 'always'),
  open,
}

async function start(directory: string, sync: 'always' | 'everysec'): Promise<Running> {
  const redis = await startRedis(['--dir', directory, '--appendonly', 'yes', '--appendfsync', sync])
  return runningAt(`redis://127.0.0.1:${redis.port}`, redis)
}

async function open(
  address: string,
  load: Load,
  reader: (subscriber: number) => (text: string) => void,
): Promise<Driver> {
  const url = new URL(address)
  const writer = await openSocket(url)
  const replies = new RespReader()
  writer.on('data', (chunk: Buffer) => replies.push(chunk.toString('latin1'))) // throws on an error reply
  const closers: (() => void)[] = [() => writer.destroy()]
  const readings = readingsOf(load)
  for (const { subscriber, sessions } of readings) closers.push(await follow(url, sessions, reader(subscriber)))
  return {
    connections: { writing: 1, reading: readings.length },
    publish: (session, text) =>
      writer.write(respCommand('XADD', `s${session}`, '*', 'd', record(session, text, load.eventBytes)), 'latin1'),
    close: () => closers.forEach((close) => close()),
  }
}

/** Reads the streams of some sessions for as long as they live: each answer names where the next read begins. */
async function follow(url: URL, sessions: readonly number[], hear: (text: string) => void): Promise<() => void> {
  const socket = await openSocket(url)
  const places = new Map(sessions.map((session) => [`s${session}`, '0-0']))
  const ask = (): boolean =>
    socket.write(respCommand('XREAD', 'BLOCK', '0', 'STREAMS', ...places.keys(), ...places.values()), 'latin1')
  const replies = new RespReader()
  socket.on('data', (chunk: Buffer) => {
    const text = chunk.toString('latin1')
    hear(text)
    for (const reply of replies.push(text)) {
      for (const [stream, place] of lastIds(reply)) places.set(stream, place)
      ask()
    }
  })
  ask()
  return () => socket.destroy()
}

/** An answer of XREAD is `[[stream, [[id, fields], …]], …]`. */
function lastIds(reply: Resp): readonly (readonly [string, string])[] {
  const streams = reply as readonly (readonly [string, readonly (readonly [string, unknown])[]])[] // by the command's definition
  return streams.map(([stream, entries]) => [stream, entries.at(-1)![0]] as const)
}
