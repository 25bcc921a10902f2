import type { Usage } from '@headrace/core'
import type { Outcome } from '../floor/task.ts'
import { versionOf } from '../skills/skill.ts'
import type { AttemptFact, LoggedAttempt, LogQuote } from './attempt-log.ts'
import { adviceFor, failureKey, lessonKey, type LessonKey } from './lesson.ts'

/** What is to be learned, and by what that is known. */
export interface Lesson {
  readonly key: LessonKey
  readonly text: string
  /** At least one, at most three. */
  readonly evidence: readonly [LogQuote, ...LogQuote[]]
}

/** A look back at one attempt. */
export interface Retro {
  readonly task: string
  readonly title: string
  readonly attempt: number
  readonly session: string
  readonly agent: string
  readonly skills: readonly string[]
  readonly outcome: Outcome
  readonly why: string
  readonly startedAt: number
  readonly endedAt: number
  readonly used: Usage
  readonly calls: number
  readonly failedCalls: number
  /** How often the gate judged it. */
  readonly rounds: number
  /** What happened, in order. */
  readonly happened: readonly LogQuote[]
  readonly touched: readonly string[]
  readonly lesson?: Lesson
}

/** Looks back at an attempt. Pure: the same record gives the same words. */
export function retroOf(record: LoggedAttempt): Retro {
  const { task, title, attempt, session, agent, outcome, why, startedAt, endedAt, used, facts } = record
  const lesson = lessonIn(record)
  return {
    task,
    title,
    attempt,
    session,
    agent,
    skills: record.skills.map(versionOf),
    outcome,
    why,
    startedAt,
    endedAt,
    used,
    calls: record.calls,
    failedCalls: record.failedCalls,
    rounds: facts.filter(({ kind }) => kind === 'gate').length,
    happened: [...facts.map(({ evidence }) => evidence), record.end],
    touched: record.touched,
    ...(lesson && { lesson }),
  }
}

function lessonIn(record: LoggedAttempt): Lesson | undefined {
  const { facts, outcome, end, lastFailed } = record
  const gate = facts.filter(({ kind }) => kind === 'gate')
  const said = facts.filter(({ kind }) => kind === 'person').map(({ evidence }) => evidence)
  const key = lessonKey(record)
  const advice = key === undefined ? undefined : adviceFor(key)
  switch (key) {
    case undefined:
      break
    case 'circles':
      return lesson(key, advice, [end, ...evidenceOf(facts, 'circles').slice(-2)])
    case 'budget':
    case 'empty':
      return lesson(key, advice, [end, ...(lastFailed ? [lastFailed] : []), ...evidenceOf(facts, 'circles').slice(-1)])
    case 'nuked':
      return lesson(key, 'A person put this away: begin in another way.', [end, ...said.slice(-2)])
    default:
      return lesson(key, advice ?? `The gate refuses it (${key}).`, [end, ...gate.slice(-2).map((one) => one.evidence)])
  }
  if (outcome !== 'merged' && outcome !== 'branched') return undefined
  // It came through in the end: what was in the way is worth saying all the same.
  const first = gate.find(({ evidence }) => !/^(merged|branched): /.test(evidence.quote))
  if (first) {
    const was = failureKey(first.what)
    return lesson(was, adviceFor(was) ?? `The gate refused it at first (${was}).`, [first.evidence, end])
  }
  const [told] = said
  return (
    told && lesson('person', 'Somebody had to tell the agent: it can be said beforehand.', [told, ...said.slice(1)])
  )
}

function lesson(key: LessonKey, text: string | undefined, evidence: readonly [LogQuote, ...LogQuote[]]): Lesson {
  const [first, ...more] = evidence
  const others = more.filter(
    ({ seq }, index) => seq !== first.seq && more.findIndex((one) => one.seq === seq) === index,
  )
  return { key, text: text ?? key, evidence: [first, ...others.slice(0, 2)] }
}

function evidenceOf(facts: readonly AttemptFact[], kind: AttemptFact['kind']): readonly LogQuote[] {
  return facts.filter((fact) => fact.kind === kind).map(({ evidence }) => evidence)
}
