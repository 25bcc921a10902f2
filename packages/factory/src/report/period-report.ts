/** What a floor did in a span of time and what it cost (T3): a pure fold over its document. */
import type { Usage } from '@headrace/core'
import type { FloorDocument } from '../floor/floor-document.ts'
import type { EndedAttempt, Task, Waffling } from '../floor/task.ts'
import { landedOf, ownEnd } from './landed.ts'
import { compareSkills, type SkillEffect } from './skill-effect.ts'
import { whose } from './whose.ts'

export interface PeriodOptions {
  readonly floor: FloorDocument
  /** Milliseconds since 1970: attempts that ended from here on … */
  readonly from: number
  /** … and before here count. */
  readonly to: number
}

/** Attempts that have something in common. */
export interface PeriodLine {
  readonly attempts: number
  readonly merged: number
  /** As in {@link ReportLine}. */
  readonly landRate?: number
  /** From a task's arrival to its merge, the one in the middle, in ms. Absent where nothing was merged. */
  readonly mergeMs?: number
  /** In and out. */
  readonly tokens: number
  /** Of them those of attempts that landed nothing. */
  readonly tokensWithoutMerge: number
  /** US dollars. Absent where nothing that was used has a price. */
  readonly costUsd?: number
  /** All that was used, also in vain, by the changes that were merged. Absent where none was. */
  readonly costPerMerge?: number
  readonly tokensPerMerge?: number
  /** Attempts that used tokens which have no price: the cost is without them. */
  readonly unpriced: number
}

/** An attempt that was found to go in circles, and what it turned out to be. */
export interface WafflingJudged extends Pick<Waffling, 'rung' | 'evidence' | 'kinds'> {
  readonly task: string
  readonly attempt: number
  readonly lane: string
  /**
   * `overruled`: a person said that it did not, which is a false alarm. `landed`: it was told, and its work landed. `stood`: it
   * was ended, or landed nothing.
   */
  readonly judged: 'overruled' | 'landed' | 'stood'
  /** Why it was overruled. */
  readonly reason?: string
}

export interface PeriodReport {
  readonly from: number
  readonly to: number
  /** The document may not have all of the span any more: it keeps the newest tasks that are over. */
  readonly isCut: boolean
  readonly tasks: {
    readonly arrived: number
    readonly done: number
    readonly parked: number
    readonly rejected: number
  }
  readonly total: PeriodLine
  readonly lanes: Readonly<Record<string, PeriodLine>>
  /** By the name of the agent; attempts of which none is known are at `unknown`. */
  readonly agents: Readonly<Record<string, PeriodLine>>
  /** By the versions of skills that attempts were given, as in `test-fixer@3f2a9c01b7de`. */
  readonly skills: Readonly<Record<string, PeriodLine>>
  /** What each version of a skill goes with, beside attempts without it in the same lanes. */
  readonly effects: readonly SkillEffect[]
  readonly waffling: readonly WafflingJudged[]
}

interface Entry {
  readonly task: Task
  readonly attempt: EndedAttempt
}

const skillsOf = ({ skills = [] }: EndedAttempt): readonly string[] => skills

export function periodReport({ floor, from, to }: PeriodOptions): PeriodReport {
  const isIn = (at: number): boolean => at >= from && at < to
  const tasks = Object.values(floor.tasks)
  const entries = tasks.flatMap((task) =>
    task.attempts.filter(({ endedAt }) => isIn(endedAt)).map((attempt): Entry => ({ task, attempt })),
  )
  const over = tasks.flatMap(({ state }) => (state.status === 'done' || state.status === 'rejected' ? [state.at] : []))
  const ended = (status: 'done' | 'parked' | 'rejected'): number =>
    tasks.filter(({ state }) => state.status === status && isIn(state.at)).length
  const attempts = entries.map(({ attempt }) => attempt)
  const skills = [...new Set(attempts.flatMap((attempt) => skillsOf(attempt)))].toSorted()
  return {
    from,
    to,
    // Tasks are numbered one after the other, and only those leave that are over.
    isCut: tasks.length < floor.nextTask - 1 && Math.min(...over) >= from,
    tasks: {
      arrived: tasks.filter(({ at }) => isIn(at)).length,
      done: ended('done'),
      parked: ended('parked'),
      rejected: ended('rejected'),
    },
    total: lineOf(entries),
    lanes: grouped(entries, ({ attempt }) => attempt.lane),
    agents: grouped(entries, ({ attempt }) => whose(attempt)),
    skills: Object.fromEntries(
      skills.map((skill) => [skill, lineOf(entries.filter(({ attempt }) => skillsOf(attempt).includes(skill)))]),
    ),
    effects: compareSkills(attempts, skills),
    waffling: entries.flatMap((entry) => judgedOf(entry) ?? []),
  }
}

function grouped(entries: readonly Entry[], by: (entry: Entry) => string): Readonly<Record<string, PeriodLine>> {
  return Object.fromEntries(
    [...Map.groupBy(entries, by)].toSorted(([a], [b]) => a.localeCompare(b)).map(([name, own]) => [name, lineOf(own)]),
  )
}

function lineOf(entries: readonly Entry[]): PeriodLine {
  const attempts = entries.map(({ attempt }) => attempt)
  const own = attempts.filter(ownEnd)
  const merges = entries.filter(({ attempt }) => attempt.outcome === 'merged')
  const times = merges.map(({ task, attempt }) => attempt.endedAt - task.at).toSorted((a, b) => a - b)
  const middle = times[Math.floor((times.length - 1) / 2)]
  const tokens = sum(attempts.map(({ used }) => tokensOf(used)))
  const priced = attempts.flatMap(({ used }) => used?.costUsd ?? [])
  const costUsd = priced.length > 0 ? sum(priced) : undefined
  return {
    attempts: attempts.length,
    merged: merges.length,
    ...(own.length > 0 && { landRate: own.filter(landedOf).length / own.length }),
    ...(middle !== undefined && { mergeMs: middle }),
    tokens,
    tokensWithoutMerge: sum(attempts.filter((attempt) => !landedOf(attempt)).map(({ used }) => tokensOf(used))),
    ...(costUsd !== undefined && { costUsd }),
    ...(costUsd !== undefined && merges.length > 0 && { costPerMerge: costUsd / merges.length }),
    ...(merges.length > 0 && { tokensPerMerge: tokens / merges.length }),
    unpriced: attempts.filter(({ used }) => tokensOf(used) > 0 && used?.costUsd === undefined).length,
  }
}

function judgedOf({ task, attempt }: Entry): WafflingJudged | undefined {
  // One that was overruled in time went on, and what is known of it is what the person said.
  const overrule = task.overrules?.findLast((one) => one.attempt === attempt.attempt)
  const found = attempt.waffling ?? overrule
  if (!found) return undefined
  const { rung, evidence, kinds } = found
  const about = { task: task.id, attempt: attempt.attempt, lane: attempt.lane, rung, evidence, kinds }
  const isOverruled = overrule !== undefined && overrule.verdict >= found.verdict
  if (isOverruled) return { ...about, judged: 'overruled', reason: overrule.reason }
  return { ...about, judged: landedOf(attempt) ? 'landed' : 'stood' }
}

function tokensOf(used: Usage | undefined): number {
  return (used?.inputTokens ?? 0) + (used?.outputTokens ?? 0)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
