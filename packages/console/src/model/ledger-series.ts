import { ownEnd, landedOf, type EndedAttempt, type FloorDocument, type Outcome } from '@headrace/factory/floor'

/** What ended in a span of time. */
export interface Bucket {
  /** Milliseconds since 1970. */
  readonly from: number
  readonly to: number
  readonly attempts: number
  readonly merged: number
  /** Landed without being merged: on a branch, or shown to a person. */
  readonly shown: number
  readonly other: number
  readonly tokens: number
  /** US dollars. Absent where nothing has a price. */
  readonly costUsd?: number
  /** As in a report: of the attempts that came to an end of their own, 0 to 1. Absent where there is none. */
  readonly landRate?: number
  /** From a task's arrival to its merge, the one in the middle, in ms. Absent where nothing was merged. */
  readonly mergeMs?: number
}

const minuteMs = 60_000
const spans = [
  minuteMs,
  10 * minuteMs,
  60 * minuteMs,
  6 * 60 * minuteMs,
  24 * 60 * minuteMs,
  7 * 24 * 60 * minuteMs,
] as const
const mostBuckets = 24

/** What a floor did over time, from the first attempt that its document keeps until now, in at most 24 equal spans. */
export function seriesOf(floor: FloorDocument, now: number): readonly Bucket[] {
  const ended = Object.values(floor.tasks).flatMap((task) =>
    task.attempts.map((attempt) => ({ attempt, waitedMs: attempt.endedAt - task.at })),
  )
  if (ended.length === 0) return []
  const first = Math.min(...ended.map(({ attempt }) => attempt.endedAt))
  const span =
    spans.find((each) => (now - first) / each < mostBuckets - 1) ?? Math.ceil((now - first) / (mostBuckets - 1))
  const start = Math.floor(first / span) * span
  const count = Math.max(1, Math.ceil((now - start + 1) / span))
  return Array.from({ length: count }, (_, index) => {
    const [from, to] = [start + index * span, start + (index + 1) * span]
    const own = ended.filter(({ attempt }) => attempt.endedAt >= from && attempt.endedAt < to)
    return { from, to, ...sumOf(own) }
  })
}

interface Ended {
  readonly attempt: EndedAttempt
  readonly waitedMs: number
}

function sumOf(ended: readonly Ended[]): Omit<Bucket, 'from' | 'to'> {
  const attempts = ended.map(({ attempt }) => attempt)
  const merged = attempts.filter(({ outcome }) => outcome === 'merged').length
  const landed = attempts.filter(landedOf).length
  const own = attempts.filter(ownEnd)
  const costs = attempts.flatMap(({ used }) => used?.costUsd ?? [])
  const waits = ended.flatMap(({ attempt, waitedMs }) => (attempt.outcome === 'merged' ? [waitedMs] : []))
  const middle = waits.toSorted((a, b) => a - b)[Math.floor((waits.length - 1) / 2)]
  return {
    attempts: attempts.length,
    merged,
    shown: landed - merged,
    other: attempts.length - landed,
    tokens: attempts.reduce((sum, { used }) => sum + (used?.inputTokens ?? 0) + (used?.outputTokens ?? 0), 0),
    ...(costs.length > 0 && { costUsd: costs.reduce((sum, each) => sum + each, 0) }),
    ...(own.length > 0 && { landRate: own.filter(landedOf).length / own.length }),
    ...(middle !== undefined && { mergeMs: middle }),
  }
}

/** Outcomes as they are told apart by colour. */
export function toneOf(outcome: Outcome): 'good' | 'shown' | 'bad' {
  if (outcome === 'merged') return 'good'
  return landedOf({ outcome }) ? 'shown' : 'bad'
}
