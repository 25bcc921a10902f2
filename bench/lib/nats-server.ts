import { freePort } from './free-port.ts'
import { startChild, type Child } from './child.ts'
import { missingProgram } from './missing-program.ts'

/** Why there is no NATS here; `undefined` when there is. */
export function missingNats(): string | undefined {
  return missingProgram('nats-server')
}

/** Starts a NATS of its own with JetStream on a free port of loopback. */
export async function startNats(directory: string): Promise<Child & { readonly port: number }> {
  const port = await freePort()
  const args = ['--addr', '127.0.0.1', '--port', String(port), '--jetstream', '--store_dir', directory]
  return { ...(await startChild('nats-server', args, 'Server is ready')), port }
}
