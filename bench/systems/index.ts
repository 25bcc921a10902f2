import type { System } from '../tokens/system.ts'
import { durableStreamsFile, durableStreamsMemory } from './durable-streams.ts'
import { headrace } from './headrace.ts'
import { natsFile } from './nats.ts'
import { postgresNotify } from './postgres-notify.ts'
import { redisGatewayAlways, redisGatewayMemory } from './redis-gateway.ts'
import { redisStreamsAlways, redisStreamsEverysec } from './redis-streams.ts'
import { resumableStream, resumableStreamStored } from './resumable-stream.ts'
import { socketIo } from './socket-io.ts'

/** Everything that can be compared; ours first, then those that promise the same, then the others. */
export const systems: readonly System[] = [
  headrace,
  durableStreamsFile,
  postgresNotify,
  redisStreamsAlways,
  redisGatewayAlways,
  resumableStreamStored,
  redisStreamsEverysec,
  natsFile,
  durableStreamsMemory,
  redisGatewayMemory,
  socketIo,
  resumableStream,
]
