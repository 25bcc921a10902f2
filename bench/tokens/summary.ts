import { digits, megabytes, table } from '../lib/table.ts'
import { median } from '../lib/statistics.ts'
import type { Round } from './round.ts'
import type { Kept } from './system.ts'

/** Medians of the rounds of one system at one load. */
export interface Summary {
  readonly system: string
  readonly kept: Kept
  readonly sessions: number
  readonly rounds: number
  readonly samples: number
  readonly sustained: boolean
  readonly p50: number
  readonly p99: number
  readonly max: number
  readonly deliveriesPerSecond: number
  readonly lost: number
  readonly duplicated: number
  readonly cpuSeconds: number
  readonly cpuMicrosPerDelivery: number
  readonly rssBytes: number
  readonly bytesPerDelivery: number
}

/** @param rounds - of one system at one load, at least one */
export function summarize(rounds: readonly Round[]): Summary {
  const first = rounds[0]!
  const middle = (value: (round: Round) => number): number => median(rounds.map(value))
  const sum = (value: (round: Round) => number): number => rounds.reduce((total, round) => total + value(round), 0)
  return {
    system: first.system,
    kept: first.kept,
    sessions: first.load.sessions,
    rounds: rounds.length,
    samples: sum((round) => round.samples),
    sustained: rounds.every((round) => round.sustained),
    p50: middle((round) => round.p50),
    p99: middle((round) => round.p99),
    max: middle((round) => round.max),
    deliveriesPerSecond: middle((round) => round.inWindow / round.windowSeconds),
    lost: sum((round) => round.lost),
    duplicated: sum((round) => round.duplicated),
    cpuSeconds: middle((round) => round.serverCpuSeconds),
    cpuMicrosPerDelivery: middle((round) => (round.serverCpuSeconds * 1_000_000) / round.inWindow),
    rssBytes: middle((round) => round.serverRssBytes),
    bytesPerDelivery: middle((round) => round.bytesPerDelivery),
  }
}

const head = [
  'system',
  'what readers have seen is',
  'sessions',
  'p50 ms',
  'p99 ms',
  'max ms',
  'delivered/s',
  'lost/doubled',
  'CPU s',
  'CPU µs/delivery',
  'RSS MB',
  'bytes/delivery',
  'keeps up',
]

/** The medians side by side. */
export function summaryTable(summaries: readonly Summary[]): string {
  return table(head, summaries.map(cells), 2)
}

function cells(summary: Summary): readonly string[] {
  return [
    summary.system,
    summary.kept,
    String(summary.sessions),
    digits(summary.p50),
    digits(summary.p99),
    digits(summary.max),
    digits(summary.deliveriesPerSecond),
    // What had not arrived 15 s after publishing stopped is late, not lost, where the system fell behind.
    summary.sustained ? `${summary.lost}/${summary.duplicated}` : `-/${summary.duplicated}`,
    digits(summary.cpuSeconds),
    digits(summary.cpuMicrosPerDelivery),
    megabytes(summary.rssBytes),
    digits(summary.bytesPerDelivery),
    summary.sustained ? 'yes' : 'no',
  ]
}

/** How many times more than ours every other system takes: above 1 ours is ahead. */
export function ratioTable(ours: Summary, others: readonly Summary[]): string {
  const times = (theirs: number, own: number): string => `${digits(theirs / own)}×`
  return table(
    ['against headrace', 'what readers have seen is', 'sessions', 'p50', 'p99', 'CPU/delivery', 'RSS'],
    others.map((other) => [
      other.system,
      other.kept,
      String(other.sessions),
      times(other.p50, ours.p50),
      times(other.p99, ours.p99),
      times(other.cpuMicrosPerDelivery, ours.cpuMicrosPerDelivery),
      times(other.rssBytes, ours.rssBytes),
    ]),
    2,
  )
}
