import { addUsage, type Usage } from '@headrace/core'
import type { Outcome } from '../floor/task.ts'
import { skillTable, type VersionLine } from '../skills/skill-table.ts'
import type { LogQuote } from './attempt-log.ts'
import { adviceFor, type LessonKey } from './lesson.ts'
import type { Retro } from './retro-of.ts'

/** A lesson of a day, with how often it was learned. */
export interface DayLesson {
  readonly key: LessonKey
  readonly text: string
  readonly count: number
  /** One of each attempt, the newest last. */
  readonly evidence: readonly LogQuote[]
}

/** A look back at a day. */
export interface DayRetro {
  /** As in `2026-11-26`, in UTC. */
  readonly day: string
  readonly attempts: number
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>
  readonly used: Usage
  /** Tokens of attempts that did not land. */
  readonly lostTokens: number
  /** What was learned most often first. */
  readonly lessons: readonly DayLesson[]
  readonly skills: readonly VersionLine[]
}

const maxEvidence = 5

/** Days with attempts that ended on them, the newest first. Pure. */
export function daysOf(retros: readonly Retro[]): readonly DayRetro[] {
  return [...Map.groupBy(retros, ({ endedAt }) => dayOf(endedAt))]
    .map(([day, own]) => dayRetro(day, own))
    .toSorted((a, b) => b.day.localeCompare(a.day))
}

/** The day of a time in ms since 1970, in UTC. */
export function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10)
}

function dayRetro(day: string, own: readonly Retro[]): DayRetro {
  const outcomes: Partial<Record<Outcome, number>> = {}
  for (const { outcome } of own) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
  const lessons = own.flatMap(({ lesson }) => (lesson ? [lesson] : []))
  return {
    day,
    attempts: own.length,
    outcomes,
    used: own.reduce<Usage>((sum, { used }) => addUsage(sum, used), {}),
    lostTokens: own
      .filter(({ outcome }) => outcome !== 'merged' && outcome !== 'branched' && outcome !== 'proposed')
      .reduce((sum, { used: { inputTokens = 0, outputTokens = 0 } }) => sum + inputTokens + outputTokens, 0),
    lessons: [...Map.groupBy(lessons, ({ key }) => key)]
      .map(([key, each]) => ({
        key,
        text: adviceFor(key) ?? each[0]?.text ?? key,
        count: each.length,
        evidence: each.slice(-maxEvidence).map(({ evidence }) => evidence[0]),
      }))
      .toSorted((a, b) => b.count - a.count),
    skills: skillTable(own),
  }
}
