import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Kept, Load, System } from './system.ts'
import type { LoadOrder, LoadReport } from './load.ts'

export interface RoundOptions {
  readonly load: Load
  readonly warmUpSeconds: number
  readonly seconds: number
  /** Directory on the disk that is measured; each round has its own below it. */
  readonly directory: string
}

/** What one system did in one round. */
export interface Round extends LoadReport {
  readonly system: string
  readonly kept: Kept
  readonly load: Load
  /** Everything arrived once, and 99 of 100 events within a second: the system keeps up with the load. */
  readonly sustained: boolean
}

/** Most milliseconds at the 99th percentile while a system counts as keeping up. */
const keepsUpMs = 1_000

/** Starts the system in an empty directory, loads it from a process of its own, and stops it. */
export async function runRound(system: System, options: RoundOptions): Promise<Round> {
  const { load, warmUpSeconds, seconds } = options
  const directory = await mkdtemp(path.join(options.directory, 'round-'))
  try {
    await using running = await system.start(directory)
    const { address, pids } = running
    const order: LoadOrder = { system: system.name, address, pids, load, warmUpSeconds, seconds }
    const script = fileURLToPath(new URL('load.ts', import.meta.url))
    // Its own garbage collections would look like delays of the system.
    const args = ['--max-semi-space-size=64', '--conditions=@headrace/source', script, JSON.stringify(order)]
    const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 16_777_216 })
    const report = JSON.parse(stdout) as LoadReport // printed by load.ts
    const sustained = report.lost === 0 && report.duplicated === 0 && report.p99 < keepsUpMs
    return { system: system.name, kept: system.kept, load, ...report, sustained }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
