/** What docs/performance.md shows of each bench. */
import type { BarChart } from '../lib/bars.ts'
import type { Machine } from '../lib/machine.ts'
import { digits, megabytes, table } from '../lib/table.ts'
import type { Summary } from '../tokens/summary.ts'

export interface Page {
  readonly args: readonly string[]
  /** @param report - what the bench wrote, by its own form */
  charts(report: unknown): readonly BarChart[]
  /** Markdown, with the machine and the day. */
  table(report: unknown): string
}

/** What bench/tokens/compare.ts writes, as far as it is shown. */
interface Compared {
  readonly at: string
  readonly machine: Machine
  readonly config: { readonly seconds: number; readonly warmUpSeconds: number; readonly rounds: number }
  readonly atFull: readonly Summary[]
}

/** What the other benches write. */
interface Found {
  readonly at: string
  readonly machine: Machine
  readonly systems: readonly FoundSystem[]
}

interface FoundSystem {
  readonly name: string
  readonly currentMs?: number
  readonly medianMs?: number
  readonly bytes?: number
  readonly cpu?: number
  readonly p50?: number
  readonly p99?: number
  readonly max?: number
}

const streamed = (rounds: number): readonly string[] =>
  `--seconds 6 --warm-up 3 --retries 0 --no-lower --rounds ${rounds}`.split(' ')

const appendSystems =
  'headrace,redis streams always,redis gateway always,nats jetstream file,durable-streams memory,socket.io'

/** PostgreSQL is left out: it would need a process for each viewer. */
const fanOutSystems =
  'headrace,durable-streams file,redis streams always,redis gateway always,nats jetstream file,durable-streams memory,redis gateway memory,socket.io,resumable-stream'

export const pages: Readonly<Record<string, Page>> = {
  tokens: {
    args: streamed(3),
    charts: (report) => [
      ofSummaries(report, 'Publish to delivery, median, ms (200 sessions, 10,000 events/s)', ({ p50 }) => p50),
      ofSummaries(report, 'Publish to delivery, 99th percentile, ms', ({ p99 }) => p99),
      ofSummaries(report, 'Server CPU for a delivery, µs', ({ cpuMicrosPerDelivery }) => cpuMicrosPerDelivery),
    ],
    table: (report) => tableOfSummaries(report, latencyColumns),
  },
  appends: {
    args: [...streamed(2), '--systems', appendSystems],
    charts: (report) => [
      ofSummaries(report, 'Events a second, 1,000 sessions, 16 under way in each', (one) => one.deliveriesPerSecond),
    ],
    table: (report) =>
      tableOfSummaries(report, {
        'events/s': (one) => digits(one.deliveriesPerSecond),
        'CPU µs an event': (one) => digits(one.cpuMicrosPerDelivery),
        'RSS MB': (one) => megabytes(one.rssBytes),
      }),
  },
  'fan-out': {
    args: [...streamed(2), '--systems', fanOutSystems],
    charts: (report) => [
      ofSummaries(
        report,
        'One session, 1,000 viewers: server CPU for a delivery, µs',
        (one) => one.cpuMicrosPerDelivery,
      ),
      ofSummaries(report, 'One session, 1,000 viewers: 99th percentile, ms', ({ p99 }) => p99),
    ],
    table: (report) => tableOfSummaries(report, latencyColumns),
  },
  storm: {
    args: ['--rounds', '5', '--missed', '100'],
    charts: (report) => [
      ofFound(report, '1,000 viewers come back at once: all current after ms', ({ currentMs }) => currentMs),
    ],
    table: (report) =>
      tableOfFound(report, {
        'all current ms': (one) => digits(one.currentMs ?? Number.NaN),
        'median viewer ms': (one) => digits(one.medianMs ?? Number.NaN),
        'server CPU s': (one) => digits(one.cpu ?? Number.NaN),
      }),
  },
  idle: {
    args: ['--rounds', '2'],
    charts: (report) => [
      ofFound(report, 'Resident memory for an idle connection, kB', ({ bytes }) => bytes && bytes / 1_000),
    ],
    table: (report) => tableOfFound(report, { 'kB a connection': (one) => digits((one.bytes ?? Number.NaN) / 1_000) }),
  },
  control: {
    args: ['--samples', '300'],
    charts: (report) => [ofFound(report, 'Stop to abort, 99th percentile, ms', ({ p99 }) => p99)],
    table: (report) =>
      tableOfFound(report, {
        'p50 ms': (one) => digits(one.p50 ?? Number.NaN),
        'p99 ms': (one) => digits(one.p99 ?? Number.NaN),
        'max ms': (one) => digits(one.max ?? Number.NaN),
      }),
  },
}

type Columns<One> = Readonly<Record<string, (one: One) => string>>

const latencyColumns: Columns<Summary> = {
  'p50 ms': (one) => (one.sustained ? digits(one.p50) : 'falls behind'),
  'p99 ms': (one) => (one.sustained ? digits(one.p99) : ''),
  'CPU s': (one) => digits(one.cpuSeconds),
  'RSS MB': (one) => megabytes(one.rssBytes),
}

function tableOfSummaries(report: unknown, columns: Columns<Summary>): string {
  const { at, machine, config, atFull } = report as Compared // written by bench/tokens/compare.ts
  const rows = atFull.map((one) => [one.system, one.kept, ...Object.values(columns).map((column) => column(one))])
  const { rounds, seconds, warmUpSeconds } = config
  const how = `${takenOn(at, machine)}; medians of ${rounds} rounds of ${seconds} s after ${warmUpSeconds} s, without those in which something else used the machine.`
  return `${table(['system', 'what readers have seen is', ...Object.keys(columns)], rows)}\n\n${how}`
}

function tableOfFound(report: unknown, columns: Columns<FoundSystem>): string {
  const { at, machine, systems } = report as Found // written by the bench of this name
  const rows = systems.map((one) => [one.name, ...Object.values(columns).map((column) => column(one))])
  return `${table(['system', ...Object.keys(columns)], rows)}\n\n${takenOn(at, machine)}.`
}

function takenOn(at: string, { cpu, cores, node, fdatasyncMs }: Machine): string {
  return `${at.slice(0, 10)}, ${cpu}, ${cores} cores, Node ${node}, 4 KiB \`fdatasync\` ${digits(fdatasyncMs)} ms`
}

/** What falls behind has no latency that means anything, and is shown as such. */
function ofSummaries(report: unknown, title: string, value: (summary: Summary) => number): BarChart {
  const { atFull } = report as Compared // written by bench/tokens/compare.ts
  return chart(
    title,
    atFull.map((one) => ({ name: one.system, value: one.sustained ? value(one) : undefined })),
  )
}

function ofFound(report: unknown, title: string, value: (found: FoundSystem) => number | undefined): BarChart {
  const { systems } = report as Found // written by the bench of this name
  return chart(
    title,
    systems.map((one) => ({ name: one.name, value: value(one) })),
  )
}

function chart(
  title: string,
  rows: readonly { readonly name: string; readonly value: number | undefined }[],
): BarChart {
  return { title, label: digits, rows: rows.map((row) => ({ ...row, isOurs: row.name.startsWith('headrace') })) }
}
