import path from 'node:path'
import { startFaultProxy, type FaultProxy } from '@headrace/testing'
import type { RoundOptions } from '../fault-kind.ts'
import { createServerProcess, type ServerProcess } from './server-process.ts'

/** A server, and a way to it that breaks as it is told to. */
export interface BehindProxy extends AsyncDisposable {
  readonly server: ServerProcess
  readonly proxy: FaultProxy
  /** Address of the way. */
  readonly through: string
}

export async function startBehindProxy({
  directory,
  mutant,
}: Pick<RoundOptions, 'directory' | 'mutant'>): Promise<BehindProxy> {
  const server = createServerProcess({ data: path.join(directory, 'data'), ...(mutant && { mutant }) })
  await server.start()
  const proxy = await startFaultProxy({ target: server.port })
  return {
    server,
    proxy,
    through: `http://127.0.0.1:${proxy.port}`,
    async [Symbol.asyncDispose]() {
      await proxy.close()
      await server.kill()
    },
  }
}
