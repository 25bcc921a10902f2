import path from 'node:path'
import type { Running } from '../tokens/system.ts'
import { startNode } from './child.ts'

/**
 * `headrace serve` with default settings and its data below a directory, in a process of its own; with a CPU profiler in it
 * where the environment says so.
 */
export async function serveHeadrace(directory: string, nodeArgs: readonly string[] = []): Promise<Running> {
  const args = ['serve', '--port', '0', '--json', '--data', path.join(directory, 'data')]
  const profiler = new URL('cpu-profile.ts', import.meta.url).href
  const profiled = process.env['BENCH_CPU_PROFILE'] === undefined ? [] : ['--import', profiler]
  const bin = new URL('../../packages/cli/src/bin.ts', import.meta.url)
  const server = await startNode(bin, args, [...profiled, ...nodeArgs])
  return { address: server.line, pids: [server.pid], [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}
