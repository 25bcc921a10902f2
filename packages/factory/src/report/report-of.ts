/** How a floor has fared: a pure fold over its document, beside the ledger of what it cost. */
import { gateFactsOf } from '../choice/reward.ts'
import type { Rung } from '../detect/ladder.ts'
import type { FloorDocument } from '../floor/floor-document.ts'
import type { EndedAttempt, Outcome, Task } from '../floor/task.ts'
import { landedOf, ownEnd } from './landed.ts'
import { whose } from './whose.ts'

/** How attempts came out. */
export interface ReportLine {
  readonly attempts: number
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>
  /**
   * What was merged, or is on a branch or shown to a person, of the attempts that came to an end of their own: from 0 to 1.
   * Absent where there is none. What a person or the machine ended does not count.
   */
  readonly landRate?: number
  /** How many attempts went in circles, by what was done about them last. Absent where none did. */
  readonly waffling?: Readonly<Partial<Record<Rung, number>>>
  /** Verdicts of going in circles that a person took back. Absent where none was. */
  readonly overruled?: number
  /** Mean of what attempts were worth, 0 to 1. Absent where none does. */
  readonly reward?: number
  /** Mean number of commits that were made of a change that landed. They are worth nothing. Absent where nobody counted. */
  readonly commits?: number
  /** From a task's arrival to its merge, the one in the middle, in ms. Absent where nothing was merged. */
  readonly mergeMs?: number
}

export interface FloorReport {
  readonly total: ReportLine
  readonly lanes: Readonly<Record<string, ReportLine>>
  /** By the name of the agent; attempts of which none is known are at `unknown`, and those that land a try, by no agent, at `none (lands a try)`. */
  readonly agents: Readonly<Record<string, ReportLine>>
}

interface Entry {
  readonly task: Task
  readonly attempt: EndedAttempt
}

/** The report of a floor: of the tasks in its document, with the attempts that this keeps. */
export function reportOf(floor: FloorDocument): FloorReport {
  const entries = Object.values(floor.tasks).flatMap((task) => task.attempts.map((attempt) => ({ task, attempt })))
  return {
    total: lineOf(entries),
    lanes: grouped(entries, ({ attempt }) => attempt.lane),
    agents: grouped(entries, ({ attempt }) => whose(attempt)),
  }
}

function grouped(entries: readonly Entry[], by: (entry: Entry) => string): Readonly<Record<string, ReportLine>> {
  return Object.fromEntries([...Map.groupBy(entries, by)].map(([name, own]) => [name, lineOf(own)]))
}

function lineOf(entries: readonly Entry[]): ReportLine {
  const outcomes: Partial<Record<Outcome, number>> = {}
  for (const { attempt } of entries) outcomes[attempt.outcome] = (outcomes[attempt.outcome] ?? 0) + 1
  const own = entries.filter(({ attempt }) => ownEnd(attempt))
  const times = entries
    .flatMap(({ task, attempt }) => (attempt.outcome === 'merged' ? [attempt.endedAt - task.at] : []))
    .toSorted((a, b) => a - b)
  const middle = times[Math.floor((times.length - 1) / 2)]
  const waffling: Partial<Record<Rung, number>> = {}
  for (const { attempt } of entries) {
    const rung = attempt.waffling?.rung
    if (rung) waffling[rung] = (waffling[rung] ?? 0) + 1
  }
  const rewards = entries.flatMap(({ attempt: { reward } }) => (reward === undefined ? [] : [reward]))
  const commits = entries.flatMap(({ attempt }) =>
    landedOf(attempt) ? (gateFactsOf(attempt.facts).commits ?? []) : [],
  )
  const overruled = entries.reduce((sum, { task: { overrules = [] }, attempt }) => {
    return sum + overrules.filter((other) => other.attempt === attempt.attempt).length
  }, 0)
  return {
    attempts: entries.length,
    outcomes,
    ...(Object.keys(waffling).length > 0 && { waffling }),
    ...(overruled > 0 && { overruled }),
    ...(rewards.length > 0 && { reward: meanOf(rewards) }),
    ...(commits.length > 0 && { commits: meanOf(commits) }),
    ...(own.length > 0 && {
      landRate: own.filter(({ attempt }) => landedOf(attempt)).length / own.length,
    }),
    ...(middle !== undefined && { mergeMs: middle }),
  }
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
