/** How attempts came out by the versions of the skills that they were given. Pure. */
import type { Usage } from '@headrace/core'
import type { Outcome } from '../floor/task.ts'

/** What is counted of an attempt. */
export interface SkilledAttempt {
  readonly task: string
  /** As in `test-fixer@3f2a9c01b7de`. */
  readonly skills: readonly string[]
  readonly outcome: Outcome
  readonly endedAt: number
  readonly used: Usage
}

/** One version. */
export interface VersionLine {
  readonly version: string
  readonly attempts: number
  readonly tasks: number
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>
  /** Attempts that came to an end of their own, and how many of them landed. */
  readonly judged: number
  readonly landed: number
  /** The part of them that landed, and where it may well be with so few: 0 to 1. Absent where none was judged. */
  readonly rate?: { readonly value: number; readonly low: number; readonly high: number }
  readonly tokens: number
  /** US dollars. Absent where nothing has a price. */
  readonly costUsd?: number
  /** Milliseconds since 1970. */
  readonly first: number
  readonly last: number
}

/** A try that the gate would take speaks for its skills, whichever is landed in the end: what lands it is given none. */
const landed: ReadonlySet<Outcome> = new Set(['merged', 'branched', 'proposed', 'judged', 'spare'])
/** What a person or the machine ended says nothing of a skill. */
const notItsOwn: ReadonlySet<Outcome> = new Set(['cancelled', 'failed', 'lost'])

/** The versions, by skill and then by when they were first given. */
export function skillTable(attempts: readonly SkilledAttempt[]): readonly VersionLine[] {
  const byVersion = Map.groupBy(
    attempts.flatMap((attempt) => attempt.skills.map((version) => ({ version, attempt }))),
    ({ version }) => version,
  )
  const lines = [...byVersion].map(([version, own]) =>
    lineOf(
      version,
      own.map(({ attempt }) => attempt),
    ),
  )
  const name = ({ version }: VersionLine): string => version.slice(0, version.lastIndexOf('@'))
  return lines.toSorted((a, b) => name(a).localeCompare(name(b)) || a.first - b.first)
}

function lineOf(version: string, own: readonly SkilledAttempt[]): VersionLine {
  const outcomes: Partial<Record<Outcome, number>> = {}
  for (const { outcome } of own) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
  const judged = own.filter(({ outcome }) => !notItsOwn.has(outcome))
  const good = judged.filter(({ outcome }) => landed.has(outcome)).length
  const priced = own.filter(({ used }) => used.costUsd !== undefined)
  return {
    version,
    attempts: own.length,
    tasks: new Set(own.map(({ task }) => task)).size,
    outcomes,
    judged: judged.length,
    landed: good,
    ...(judged.length > 0 && { rate: { value: good / judged.length, ...wilson(good, judged.length) } }),
    tokens: own.reduce((sum, { used: { inputTokens = 0, outputTokens = 0 } }) => sum + inputTokens + outputTokens, 0),
    ...(priced.length > 0 && { costUsd: priced.reduce((sum, { used }) => sum + (used.costUsd ?? 0), 0) }),
    first: Math.min(...own.map(({ endedAt }) => endedAt)),
    last: Math.max(...own.map(({ endedAt }) => endedAt)),
  }
}

/** How two versions compare. */
export interface VersionComparison {
  /** How much larger the part that landed is with the second, and where that may well be: -1 to 1. */
  readonly difference: { readonly value: number; readonly low: number; readonly high: number }
  /** `better`, `worse`: the interval does not hold 0. `open`: too few attempts to say. */
  readonly verdict: 'better' | 'worse' | 'open'
}

/** Compares the part that landed (Newcombe's interval of a difference, 95 %); nothing where one was never judged. */
export function compareVersions(before: VersionLine, after: VersionLine): VersionComparison | undefined {
  const [a, b] = [before.rate, after.rate]
  if (!a || !b) return undefined
  const value = b.value - a.value
  const low = value - Math.hypot(b.value - b.low, a.high - a.value)
  const high = value + Math.hypot(b.high - b.value, a.value - a.low)
  return { difference: { value, low, high }, verdict: low > 0 ? 'better' : high < 0 ? 'worse' : 'open' }
}

/** Wilson's interval of a part, 95 %. */
function wilson(good: number, of: number): { readonly low: number; readonly high: number } {
  const z = 1.959964
  const [part, scale] = [good / of, 1 + z ** 2 / of]
  const middle = (part + z ** 2 / (2 * of)) / scale
  const half = (z / scale) * Math.sqrt((part * (1 - part)) / of + z ** 2 / (4 * of ** 2))
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) }
}
