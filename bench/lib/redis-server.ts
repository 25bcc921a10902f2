import { startChild, type Child } from './child.ts'
import { missingProgram } from './missing-program.ts'
import { freePort } from './free-port.ts'

/** Why there is no Redis here; `undefined` when there is. */
export function missingRedis(): string | undefined {
  return missingProgram('redis-server')
}

/** Starts a Redis of its own on a free port of loopback. */
export async function startRedis(args: readonly string[]): Promise<Child & { readonly port: number }> {
  const port = await freePort()
  const fixed = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--daemonize', 'no']
  const child = await startChild('redis-server', [...fixed, ...args], 'Ready to accept connections')
  return { ...child, port }
}
