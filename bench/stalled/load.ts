// The load process: publishes, reads, lets one reader sleep in every other phase, and prints each phase as a line of JSON.
// Usage: load.ts '<JSON of StalledOrder>'
import { createHash } from 'node:crypto'
import { loadavg } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { HeadraceConnection } from '../lib/headrace-connection.ts'
import { machineBusySeconds, usageOf } from '../lib/processes.ts'
import { beginRuns } from '../lib/run-writer.ts'
import { median } from '../lib/statistics.ts'
import { pad } from '../tokens/mark.ts'
import { Pacer } from '../tokens/pacer.ts'
import { Arrivals, type Latencies } from './arrivals.ts'
import { kernelQueue } from './kernel-queue.ts'
import { fingerprintsAfter, headOf, type Address } from './log.ts'
import { probe } from './probe.ts'
import { Sleeper } from './sleeper.ts'

export interface StalledLoad {
  readonly sessions: number
  /** All readers, the one that stalls included. */
  readonly readers: number
  /** Events per second and session. */
  readonly rate: number
  /** Encoded size that an event as a reader gets it should have. */
  readonly eventBytes: number
  /** Events of the archive that the reader that stalls follows too, and characters in each. */
  readonly archiveEvents: number
  readonly archiveChars: number
  readonly warmUpSeconds: number
  readonly seconds: number
  /** Pairs of a phase in which all read and one in which one is stalled; a first one is not counted. */
  readonly rounds: number
  /** Says which phase of a pair comes first. */
  readonly seed: number
}

export interface StalledOrder extends StalledLoad {
  readonly address: Address
  readonly pids: readonly number[]
  /** Unix socket of the probe in the server. */
  readonly probe: string
}

export interface Phase extends Latencies {
  /** 0 is the pair that is not counted. */
  readonly round: number
  readonly isStalled: boolean
  /** Unsent bytes of the one connection in the server process, within the window. */
  readonly unsentBytes: number
  readonly mostUnsentBytes: number
  /** Bytes of it in the kernel, of both sides, at the end of the window. */
  readonly kernelBytes: number
  /** Memory of the server at the end of the window, garbage collected. */
  readonly rssBytes: number
  readonly heapBytes: number
  readonly bufferBytes: number
  /** CPU within the window: of the server, of this process, of anything else on the machine. */
  readonly serverCpuSeconds: number
  readonly loadCpuSeconds: number
  readonly otherCpuSeconds: number
  readonly windowSeconds: number
  readonly loadAverage: number
  /** How late this process published, at the 99th percentile, in milliseconds. */
  readonly lateMs: number
  /** Events that the one reader got, all equal to the log. */
  readonly sleeperEvents: number
  readonly cuts: number
}

const archive = 'archive'
/** Once publishing has stopped, what did not arrive within this time will not. */
const drainMs = 30_000
/** How long events that were published within the window may be on their way before anything else is asked. */
const afterMs = 500
/** The kernel's buffers are full within this time, or the archive is too small for them. */
const stuckMs = 10_000

const order = JSON.parse(process.argv[2] ?? '') as StalledOrder
const { url, token } = order.address
const sessions = Array.from({ length: order.sessions }, (_, index) => `s${index}`)
const followed = Array.from({ length: order.readers - 1 }, (_, reader) => reader % order.sessions)
const sleepersSession = sessions[(order.readers - 1) % order.sessions]!
const arrivals = new Arrivals(order.sessions, followed)

const working = await HeadraceConnection.open(url, token)
await working.command(archive, { type: 'create' })
const words = 'x'.repeat(order.archiveChars)
for (let index = 0; index < order.archiveEvents; index += 1)
  await working.command(archive, { type: 'post', parts: [{ kind: 'text', text: words }] })
const archived = await fingerprintsAfter(order.address, archive, 0)
const writers = await beginRuns(working, sessions)
const inOrder = sessions.map((session) => writers.get(session)!)
const envelope = inOrder[0]!.envelope
for (const [reader, session] of followed.entries()) {
  const connection = await HeadraceConnection.open(url, token, arrivals.reader(reader))
  await connection.subscribe(sessions[session]!)
}

for (let round = 0; round <= order.rounds; round += 1) {
  const isStalledFirst = (createHash('sha256').update(`${order.seed}.${round}`).digest()[0]! & 1) === 1
  for (const isStalled of [isStalledFirst, !isStalledFirst])
    process.stdout.write(`${JSON.stringify(await takePhase(round, isStalled))}\n`)
}
process.exit(0)

/** The two kinds of phases differ in nothing but that the one reader reads or does not. */
async function takePhase(round: number, isStalled: boolean): Promise<Phase> {
  // A new connection each time: the kernel widens the buffers of one that has just caught up.
  const sleeper = new Sleeper(order.address)
  const began = await headOf(order.address, sleepersSession)
  await sleeper.connect()
  sleeper.follow(sleepersSession, began)
  if (isStalled) sleeper.sleep()
  sleeper.follow(archive, 0)
  const ask = (collect: boolean) => probe({ at: order.probe, port: sleeper.port, collect })
  // What it takes to get there, and the garbage of it, are not what is measured.
  if (isStalled) await stuck(async () => (await ask(false)).unsentBytes)
  else await sleeper.reach(new Map([[archive, archived.length]]))
  globalThis.gc?.()
  await ask(true)
  const pacer = new Pacer(order.sessions, order.rate, publish)
  await wait(order.warmUpSeconds * 1_000)

  const unsent: number[] = []
  const before = meter()
  arrivals.openWindow()
  for (let left = order.seconds; left > 0; left -= 1) {
    await wait(Math.min(left, 1) * 1_000)
    unsent.push((await ask(false)).unsentBytes)
  }
  arrivals.closeWindow()
  // What is on its way must not wait for what comes now.
  await wait(afterMs)
  const after = meter()
  const { rssBytes, heapBytes, bufferBytes } = await ask(true)
  const kernelBytes = kernelQueue(Number(new URL(url).port), sleeper.port)
  const lateMs = pacer.stop()
  await drained()

  sleeper.wake()
  const head = await headOf(order.address, sleepersSession)
  await sleeper.reach(
    new Map([
      [sleepersSession, head],
      [archive, archived.length],
    ]),
  )
  mustEqual(
    sleepersSession,
    sleeper.got(sleepersSession),
    await fingerprintsAfter(order.address, sleepersSession, began),
  )
  mustEqual(archive, sleeper.got(archive), archived)
  sleeper.close()
  const serverCpuSeconds = after.server - before.server
  const loadCpuSeconds = after.load - before.load
  return {
    ...arrivals.latencies(),
    round,
    isStalled,
    unsentBytes: median(unsent),
    mostUnsentBytes: Math.max(...unsent),
    kernelBytes,
    rssBytes,
    heapBytes,
    bufferBytes,
    serverCpuSeconds,
    loadCpuSeconds,
    otherCpuSeconds: Math.max(0, after.busy - before.busy - serverCpuSeconds - loadCpuSeconds),
    windowSeconds: (after.at - before.at) / 1_000,
    loadAverage: loadavg()[0] ?? Number.NaN,
    lateMs,
    sleeperEvents: sleeper.got(sleepersSession).length + sleeper.got(archive).length,
    cuts: sleeper.cuts,
  }
}

function publish(session: number): void {
  const text = pad(arrivals.stamp(session), envelope, order.eventBytes)
  inOrder[session]!.write({ op: 'delta', message: 'm', part: 'p', text })
}

/** Waits until the server holds what the kernel does not take. */
async function stuck(unsentBytes: () => Promise<number>): Promise<void> {
  const deadline = performance.now() + stuckMs
  while ((await unsentBytes()) === 0) {
    if (performance.now() > deadline)
      throw new Error(`The kernel takes all ${order.archiveEvents * order.archiveChars} characters of the archive.`)
    await wait(20)
  }
}

async function drained(): Promise<void> {
  const deadline = performance.now() + drainMs
  while (!arrivals.isComplete) {
    if (performance.now() > deadline) throw new Error(`Readers still lack events ${drainMs} ms after the last one.`)
    await wait(50)
  }
}

function mustEqual(session: string, got: readonly string[], log: readonly string[]): void {
  const first = log.findIndex((each, index) => each !== got[index])
  if (got.length !== log.length || first !== -1)
    throw new Error(
      `Of ${session} came ${got.length} events, and the log has ${log.length}; the first other is ${first}.`,
    )
}

function meter(): { readonly at: number; readonly server: number; readonly load: number; readonly busy: number } {
  const own = process.cpuUsage()
  return {
    at: performance.now(),
    server: usageOf(order.pids).cpuSeconds,
    load: (own.user + own.system) / 1_000_000,
    busy: machineBusySeconds(),
  }
}
