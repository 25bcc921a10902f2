import type { System } from '../tokens/system.ts'
import { durableStreamsFile, durableStreamsMemory } from './durable-streams.ts'
import { headrace } from './headrace.ts'
import { redisGateway } from './redis-gateway.ts'
import { redisStreamsAlways, redisStreamsEverysec } from './redis-streams.ts'
import { resumableStream } from './resumable-stream.ts'

/** Everything that can be compared; ours first. */
export const systems: readonly System[] = [
  headrace,
  durableStreamsMemory,
  durableStreamsFile,
  redisStreamsEverysec,
  redisStreamsAlways,
  redisGateway,
  resumableStream,
]
