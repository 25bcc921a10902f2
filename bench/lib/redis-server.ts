import { spawnSync } from 'node:child_process'
import { createServer } from 'node:net'
import { startChild, type Child } from './child.ts'

/** Why there is no Redis here; `undefined` when there is. */
export function missingRedis(): string | undefined {
  const found = spawnSync('redis-server', ['--version'], { encoding: 'utf8' })
  return found.status === 0 ? undefined : 'redis-server is not installed'
}

/** Starts a Redis of its own on a free port of loopback. */
export async function startRedis(args: readonly string[]): Promise<Child & { readonly port: number }> {
  const port = await freePort()
  const fixed = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--daemonize', 'no']
  const child = await startChild('redis-server', [...fixed, ...args], 'Ready to accept connections')
  return { ...child, port }
}

/** Redis can't choose a port by itself. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('No free port was found.')
  return address.port
}
