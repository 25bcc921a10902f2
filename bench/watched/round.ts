import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { IdleReport, Order, StormReport } from './load.ts'
import type { WatchedSystem } from './system.ts'

type Plan = Order extends infer One ? (One extends Order ? Omit<One, 'system' | 'address' | 'pids'> : never) : never

/** Starts the system in an empty directory, loads it from a process of its own, and stops it. */
export async function runWatched(
  system: WatchedSystem,
  plan: Plan & { kind: 'storm' },
  directory: string,
): Promise<StormReport>
export async function runWatched(
  system: WatchedSystem,
  plan: Plan & { kind: 'idle' },
  directory: string,
): Promise<IdleReport>
export async function runWatched(system: WatchedSystem, plan: Plan, parent: string): Promise<StormReport | IdleReport> {
  const directory = await mkdtemp(path.join(parent, 'round-'))
  try {
    await using running = await system.start(directory)
    const { address, pids } = running
    const script = fileURLToPath(new URL('load.ts', import.meta.url))
    const order = JSON.stringify({ system: system.name, address, pids, ...plan })
    const args = ['--max-semi-space-size=64', '--conditions=@headrace/source', script, order]
    const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 16_777_216 })
    return JSON.parse(stdout) as StormReport | IdleReport // printed by load.ts
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
