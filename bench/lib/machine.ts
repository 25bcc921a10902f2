import { closeSync, fdatasyncSync, openSync, statfsSync, writeSync } from 'node:fs'
import { cpus } from 'node:os'
import path from 'node:path'
import { median } from './statistics.ts'

/** Where numbers were taken: they mean nothing without it. */
export interface Machine {
  readonly node: string
  readonly cpu: string
  readonly cores: number
  /** Median time of a 4 KiB write with `fdatasync` in the data directory, in milliseconds. */
  readonly fdatasyncMs: number
  /** The data directory is in memory, so durability costs nothing there and numbers of durable systems are too good. */
  readonly dataInMemory: boolean
}

const tmpfs = 0x01021994

export function describeMachine(directory: string): Machine {
  const all = cpus()
  return {
    node: process.version,
    cpu: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    fdatasyncMs: probeSync(directory),
    dataInMemory: statfsSync(directory).type === tmpfs,
  }
}

function probeSync(directory: string): number {
  const file = openSync(path.join(directory, 'probe'), 'w')
  const block = Buffer.alloc(4_096, 1)
  const times: number[] = []
  for (let index = 0; index < 100; index += 1) {
    const began = performance.now()
    writeSync(file, block)
    fdatasyncSync(file)
    times.push(performance.now() - began)
  }
  closeSync(file)
  return median(times)
}
