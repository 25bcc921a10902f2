import path from 'node:path'
import type { Running } from '../tokens/system.ts'
import { startNode } from './child.ts'

/** `headrace serve` with default settings and its data below a directory, in a process of its own. */
export async function serveHeadrace(directory: string, nodeArgs: readonly string[]): Promise<Running> {
  const args = ['serve', '--port', '0', '--json', '--data', path.join(directory, 'data')]
  const server = await startNode(new URL('../../packages/cli/src/bin.ts', import.meta.url), args, nodeArgs)
  return { address: server.line, pids: [server.pid], [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}
