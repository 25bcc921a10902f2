// The load process of one round of `storm` or `idle`: prints what it saw as one line of JSON.
// Usage: load.ts '<JSON of Order>'
import { setTimeout as wait } from 'node:timers/promises'
import { usageOf } from '../lib/processes.ts'
import { watchedSystem } from './index.ts'
import type { Watcher } from './system.ts'

export type Order = {
  readonly system: string
  readonly address: string
  readonly pids: readonly number[]
  readonly watchers: number
} & (
  | { readonly kind: 'storm'; readonly events: number; readonly missed: number }
  | { readonly kind: 'idle'; readonly settleMs: number }
)

export interface StormReport {
  /** From the first connection's attempt to the last event of the last watcher. */
  readonly currentMs: number
  /** The median watcher's. */
  readonly medianMs: number
  readonly serverCpuSeconds: number
  readonly lost: number
  readonly doubled: number
}

export interface IdleReport {
  readonly bytesPerConnection: number
  /** Of the server over a minute, with all of them there and nothing said. */
  readonly cpuSecondsPerMinute: number
}

/** Connections that are opened at the same time, so that no queue of the kernel overflows. */
const dials = 50

const order = JSON.parse(process.argv[2] ?? '') as Order
const report = order.kind === 'storm' ? await storm(order) : await idle(order)
process.stdout.write(`${JSON.stringify(report)}\n`)
process.exit(0)

async function storm({
  system: name,
  address,
  pids,
  watchers: count,
  events,
  missed,
}: Order & { kind: 'storm' }): Promise<StormReport> {
  const system = watchedSystem(name)
  const write = await system.writer(address)
  const watchers = await dialAll(count, () => system.watch(address))
  await write(events - missed)
  await until(() => watchers.every((watcher) => watcher.heard >= events - missed))
  for (const watcher of watchers) watcher.drop()
  await wait(200) // the server notices
  await write(missed)

  const before = usageOf(pids).cpuSeconds
  const began = performance.now()
  const currentAt = new Map<Watcher, number>()
  const resumed = Promise.all(watchers.map((watcher) => watcher.resume()))
  await until(() => {
    for (const watcher of watchers)
      if (watcher.heard >= events && !currentAt.has(watcher)) currentAt.set(watcher, performance.now() - began)
    return currentAt.size === watchers.length
  })
  await resumed
  await wait(200)
  const times = [...currentAt.values()].toSorted((a, b) => a - b)
  return {
    currentMs: times.at(-1) ?? Number.NaN,
    medianMs: times[Math.floor(times.length / 2)] ?? Number.NaN,
    serverCpuSeconds: usageOf(pids).cpuSeconds - before,
    lost: watchers.reduce((sum, { heard }) => sum + Math.max(0, events - heard), 0),
    doubled: watchers.reduce((sum, { heard }) => sum + Math.max(0, heard - events), 0),
  }
}

async function idle({
  system: name,
  address,
  pids,
  watchers: count,
  settleMs,
}: Order & { kind: 'idle' }): Promise<IdleReport> {
  const system = watchedSystem(name)
  const write = await system.writer(address)
  // The first ones pay for code and caches.
  const first = await dialAll(200, () => system.watch(address))
  await write(1)
  await until(() => first.every(({ heard }) => heard >= 1))
  await wait(settleMs)
  const before = usageOf(pids).rssBytes
  await dialAll(count, () => system.watch(address))
  await wait(settleMs)
  const { rssBytes, cpuSeconds } = usageOf(pids)
  const began = performance.now()
  await wait(settleMs)
  const minutes = (performance.now() - began) / 60_000
  return {
    bytesPerConnection: (rssBytes - before) / count,
    cpuSecondsPerMinute: (usageOf(pids).cpuSeconds - cpuSeconds) / minutes,
  }
}

async function dialAll(count: number, dial: () => Promise<Watcher>): Promise<readonly Watcher[]> {
  const all: Watcher[] = []
  while (all.length < count)
    all.push(...(await Promise.all(Array.from({ length: Math.min(dials, count - all.length) }, dial))))
  return all
}

async function until(holds: () => boolean): Promise<void> {
  for (const deadline = performance.now() + 120_000; !holds(); await wait(1))
    if (performance.now() > deadline) throw new Error('Not all watchers are current after 2 minutes.')
}
