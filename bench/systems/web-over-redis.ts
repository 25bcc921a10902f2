import { startNode } from '../lib/child.ts'
import { startRedis } from '../lib/redis-server.ts'
import type { Running } from '../tokens/system.ts'

/** Starts a Redis and a web server of `bench/servers` in front of it, which gets the port of Redis as its first argument. */
export async function startWebOverRedis(
  script: string,
  redisArgs: readonly string[],
  serverArgs: readonly string[] = [],
): Promise<Running> {
  const redis = await startRedis(redisArgs)
  const file = new URL(`../servers/${script}`, import.meta.url)
  const server = await startNode(file, [String(redis.port), ...serverArgs])
  const { url } = JSON.parse(server.line) as { url: string }
  return {
    address: url,
    pids: [redis.pid, server.pid],
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await redis[Symbol.asyncDispose]()
    },
  }
}
