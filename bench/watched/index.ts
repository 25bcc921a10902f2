import { durableStreams } from './durable-streams.ts'
import { headrace } from './headrace.ts'
import { redisStreams } from './redis-streams.ts'
import { socketIo } from './socket-io.ts'
import { wsRelay } from './ws-relay.ts'
import type { WatchedSystem } from './system.ts'

/** Ours first. */
const watchedSystems: readonly WatchedSystem[] = [headrace, redisStreams, ...durableStreams, socketIo, wsRelay]

export function watchedSystem(name: string): WatchedSystem {
  const system = watchedSystems.find((candidate) => candidate.name === name)
  if (!system)
    throw new Error(`There is no system ${name}; there are ${watchedSystems.map((each) => each.name).join(', ')}.`)
  return system
}
