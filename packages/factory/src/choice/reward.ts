/**
 * What an attempt was worth (T2), by what the gate has seen and by what it cost; what the agent says of it counts for
 * nothing. Pure.
 */
import {
  array,
  integer,
  object,
  optional,
  HeadraceError,
  type Json,
  type JsonObject,
  type Schema,
} from '@headrace/core'
import type { AttemptResult } from '../floor/task.ts'

/** What the gate says of a change beside its verdict. */
export interface GateFacts {
  readonly tests?: Counts
  /** Of the base. */
  readonly before?: Counts
  readonly change?: ChangeFacts
  /** Commits that the agent made of it. They are shown, and worth nothing. */
  readonly commits?: number
}

export interface Counts {
  readonly passed: number
  readonly failed: number
}

export interface ChangeFacts {
  readonly files: number
  readonly lines: number
  /** The most that a change may have before a person is asked. */
  readonly maxFiles: number
  readonly maxLines: number
  /** Lines of acceptance of the task, and how many of them a new test names. */
  readonly accepted: readonly [named: number, of: number]
}

/** What a reward is made of: each part from -1 to 1, and what it stands for. */
export interface RewardPart {
  readonly part: 'landed' | 'checks' | 'acceptance' | 'regressions' | 'size' | 'cost'
  readonly value: number
  readonly why: string
}

export interface Reward {
  /** From 0 to 1. */
  readonly value: number
  readonly parts: readonly RewardPart[]
}

/**
 * The reward of an attempt.
 *
 * @returns nothing where nobody can say: it was stopped, or the machine or the base was at fault
 */
export function rewardOf(result: AttemptResult): Reward | undefined {
  const { outcome, failure, share = 0 } = result
  switch (outcome) {
    case 'cancelled':
    case 'lost':
      return undefined
    case 'failed':
      // Of its own: whoever is chosen again fails again.
      return failure === 'agent' || failure === 'refused' ? made([]) : undefined
    case 'merged':
    case 'branched':
    case 'judged':
    case 'spare':
    case 'proposed': {
      const facts = gateFactsOf(result.facts)
      return made([...landed(outcome, facts), ...minus(facts), ...cost(share)])
    }
    case 'rejected':
    case 'empty':
    case 'budget':
    case 'replaced':
    case 'nuked':
    case 'parked':
      return made([...minus(gateFactsOf(result.facts)), ...cost(share)])
    default:
      return outcome satisfies never
  }
}

function landed(
  outcome: 'merged' | 'branched' | 'judged' | 'spare' | 'proposed',
  { tests, before, change }: GateFacts,
): RewardPart[] {
  const [named, of] = change?.accepted ?? [0, 0]
  const green = tests && before ? Math.max(0, tests.passed - before.passed) : 0
  // Nobody has judged a proposal. What can't be proven by lines of acceptance counts for having landed.
  const base = (outcome === 'proposed' ? 0.3 : 0.5) + (of === 0 && outcome !== 'proposed' ? 0.3 : 0)
  return [
    { part: 'landed', value: base, why: outcome },
    // The first new checks say most: a hundred small ones are worth no more than a few good ones.
    ...(green > 0 ? [part('checks', (0.2 * green) / (green + 1), `${green} checks more are green`)] : []),
    ...(named > 0 ? [part('acceptance', (0.3 * named) / of, `${named} of ${of} lines of acceptance are tested`)] : []),
  ]
}

function minus({ tests, before, change }: GateFacts): RewardPart[] {
  const gone = tests && before ? Math.max(0, before.passed - tests.passed) : 0
  const broken = Math.max(tests?.failed ?? 0, gone)
  const over = change ? Math.max(change.lines / change.maxLines, change.files / change.maxFiles) - 1 : 0
  return [
    ...(broken > 0
      ? [part('regressions', -0.3 * Math.min(1, broken / 3), `${broken} checks are not green any more`)]
      : []),
    ...(over > 0
      ? [part('size', -0.2 * Math.min(1, over), `${Math.round(100 * over)} % over the size of a change`)]
      : []),
  ]
}

function cost(share: number): RewardPart[] {
  const used = Math.min(1, share)
  return used > 0 ? [part('cost', -0.2 * used, `${Math.round(100 * used)} % of its budget`)] : []
}

function part(name: RewardPart['part'], value: number, why: string): RewardPart {
  return { part: name, value: rounded(value), why }
}

function made(parts: readonly RewardPart[]): Reward {
  const sum = parts.reduce((total, { value }) => total + value, 0)
  return { value: rounded(Math.min(1, Math.max(0, sum))), parts }
}

function rounded(value: number): number {
  return Math.round(1_000 * value) / 1_000
}

const whole = integer(0, Number.MAX_SAFE_INTEGER)
const counts = object({ passed: whole, failed: whole, skipped: optional(whole) })
const shape: Schema<GateFacts> = object({
  tests: optional(counts),
  before: optional(counts),
  change: optional(
    object({
      files: whole,
      lines: whole,
      maxFiles: whole,
      maxLines: whole,
      accepted: array(whole, { min: 2, max: 2 }) as unknown as Schema<readonly [number, number]>, // exactly two
    }),
  ),
  commits: optional(whole),
})

/** The facts that a reward goes by; a gate that says something else says nothing. */
export function gateFactsOf(facts: JsonObject | undefined): GateFacts {
  const { tests, before, change, commits } = facts ?? {}
  const known: Readonly<Record<string, Json | undefined>> = { tests, before, change, commits }
  const given = Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined))
  try {
    return shape.parse(given, 'facts')
  } catch (thrown) {
    if (thrown instanceof HeadraceError) return {}
    throw thrown
  }
}
