import { median } from '../lib/statistics.ts'
import { digits, megabytes, table } from '../lib/table.ts'
import type { Phase } from './load.ts'

const head = [
  'phase',
  'phases',
  'samples',
  'p50 ms',
  'p99 ms',
  'p99 from–to',
  'unsent KB',
  'most unsent KB',
  'in the kernel KB',
  'heap MB',
  'buffers MB',
  'RSS MB',
  'server cores',
  "others' cores",
]

/** The medians of both kinds of phases side by side. */
export function phaseTable(phases: readonly Phase[]): string {
  return table(head, [cells('all read', of(phases, false)), cells('one stalled', of(phases, true))])
}

function of(phases: readonly Phase[], isStalled: boolean): readonly Phase[] {
  return phases.filter((phase) => phase.isStalled === isStalled)
}

function cells(name: string, phases: readonly Phase[]): readonly string[] {
  const middle = (value: (phase: Phase) => number): number => median(phases.map(value))
  const p99s = phases.map(({ p99 }) => p99)
  const kilobytes = (bytes: number): string => digits(bytes / 1_000)
  return [
    name,
    String(phases.length),
    phases.reduce((sum, { samples }) => sum + samples, 0).toLocaleString('en-US'),
    digits(middle(({ p50 }) => p50)),
    digits(median(p99s)),
    `${digits(Math.min(...p99s))}–${digits(Math.max(...p99s))}`,
    kilobytes(middle(({ unsentBytes }) => unsentBytes)),
    kilobytes(Math.max(...phases.map(({ mostUnsentBytes }) => mostUnsentBytes))),
    kilobytes(middle(({ kernelBytes }) => kernelBytes)),
    megabytes(middle(({ heapBytes }) => heapBytes)),
    megabytes(middle(({ bufferBytes }) => bufferBytes)),
    megabytes(middle(({ rssBytes }) => rssBytes)),
    digits(middle(({ serverCpuSeconds, windowSeconds }) => serverCpuSeconds / windowSeconds)),
    digits(middle(({ otherCpuSeconds, windowSeconds }) => otherCpuSeconds / windowSeconds)),
  ]
}

/** One stalled against all reading, in words. Pairs are neighbours in time, so their ratios say more on a noisy machine. */
export function comparison(phases: readonly Phase[]): string {
  const all = of(phases, false)
  const one = of(phases, true)
  const lines = (['p50', 'p99'] as const).map((name) => {
    const ofMedians = median(one.map((phase) => phase[name])) / median(all.map((phase) => phase[name]))
    const pairs = all.map((phase) => one.find(({ round }) => round === phase.round)![name] / phase[name])
    return `${name}, one stalled / all read: ${digits(ofMedians)} of the medians; by pairs ${digits(median(pairs))}, from ${digits(Math.min(...pairs))} to ${digits(Math.max(...pairs))}`
  })
  // The same thing measured twice: what differs here is the machine.
  const same = all.slice(1).map(({ p99 }, index) => p99 / all[index]!.p99)
  const more = (name: 'heapBytes' | 'bufferBytes' | 'rssBytes'): string =>
    megabytes(median(all.map((phase) => one.find(({ round }) => round === phase.round)![name] - phase[name])))
  const events = one.map(({ sleeperEvents }) => sleeperEvents).reduce((sum, count) => sum + count, 0)
  const cuts = one.map(({ cuts: each }) => each).reduce((sum, count) => sum + count, 0)
  const loads = phases.map(({ loadAverage }) => loadAverage)
  return [
    ...lines,
    `p99, all read / all read in the round before: ${digits(median(same))}, from ${digits(Math.min(...same))} to ${digits(Math.max(...same))}`,
    `memory of the server with one stalled, median difference of pairs: heap ${more('heapBytes')} MB, buffers ${more('bufferBytes')} MB, RSS ${more('rssBytes')} MB`,
    `awake again, the stalled one got ${events.toLocaleString('en-US')} events, each equal to the log's, none missing, none twice; cut ${cuts} times`,
    `load average while it ran: ${digits(Math.min(...loads))} to ${digits(Math.max(...loads))}`,
  ].join('\n')
}
