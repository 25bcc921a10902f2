// The load process of one round: publishes, reads, counts, and prints what it saw as one line of JSON.
// Usage: load.ts '<JSON of LoadOrder>'
import { setTimeout as wait } from 'node:timers/promises'
import { machineBusySeconds, usageOf } from '../lib/processes.ts'
import { systems } from '../systems/index.ts'
import { Flood } from './flood.ts'
import { Pacer } from './pacer.ts'
import { Tally, type Delivered } from './tally.ts'
import type { Load } from './system.ts'

export interface LoadOrder {
  readonly system: string
  readonly address: string
  readonly pids: readonly number[]
  readonly load: Load
  readonly warmUpSeconds: number
  readonly seconds: number
}

export interface LoadReport extends Delivered {
  readonly connections: { readonly writing: number; readonly reading: number }
  /** CPU of the system's processes within the window. */
  readonly serverCpuSeconds: number
  /** Resident memory of the system's processes at the end of the window. */
  readonly serverRssBytes: number
  /** CPU of this process within the window. */
  readonly loadCpuSeconds: number
  /** CPU that anything else on the machine used within the window: high means that the numbers are rough. */
  readonly otherCpuSeconds: number
  /** How late this process published, at the 99th percentile, in milliseconds. */
  readonly lateMs: number
  /** How long the window really was. */
  readonly windowSeconds: number
}

/** Once publishing has stopped, what did not arrive within this time will not. */
const drainMs = 15_000

const order = JSON.parse(process.argv[2] ?? '') as LoadOrder
const report = await run(order)
process.stdout.write(`${JSON.stringify(report)}\n`)
process.exit(0)

async function run({ system: name, address, pids, load, warmUpSeconds, seconds }: LoadOrder): Promise<LoadReport> {
  const system = systems.find((candidate) => candidate.name === name)
  if (!system) throw new Error(`There is no system ${name}.`)
  const tally = new Tally(load.sessions, load.subscribers, (session) => flood.arrived(session))
  const driver = await system.open(address, load, (subscriber) => tally.reader(subscriber))
  const emit = (session: number): void => driver.publish(session, tally.stamp(session))
  const flood = new Flood(load.sessions, load.outstanding, emit)
  const pacer = load.outstanding > 0 ? undefined : new Pacer(load.sessions, load.rate, emit)
  if (!pacer) flood.start()
  await wait(warmUpSeconds * 1_000)
  const before = meter(pids)
  tally.openWindow()
  await wait(seconds * 1_000)
  tally.closeWindow()
  const after = meter(pids)
  flood.stop()
  const lateMs = pacer?.stop() ?? 0
  const deadline = performance.now() + drainMs
  while (!tally.complete && performance.now() < deadline) await wait(50)
  driver.close()
  const serverCpuSeconds = after.serverCpu - before.serverCpu
  const loadCpuSeconds = after.loadCpu - before.loadCpu
  return {
    ...tally.result(),
    connections: driver.connections,
    serverCpuSeconds,
    serverRssBytes: after.serverRss,
    loadCpuSeconds,
    otherCpuSeconds: Math.max(0, after.busy - before.busy - serverCpuSeconds - loadCpuSeconds),
    lateMs,
    windowSeconds: (after.at - before.at) / 1_000,
  }
}

function meter(pids: readonly number[]): {
  at: number
  serverCpu: number
  serverRss: number
  loadCpu: number
  busy: number
} {
  const { cpuSeconds, rssBytes } = usageOf(pids)
  const own = process.cpuUsage()
  return {
    at: performance.now(),
    serverCpu: cpuSeconds,
    serverRss: rssBytes,
    loadCpu: (own.user + own.system) / 1_000_000,
    busy: machineBusySeconds(),
  }
}
