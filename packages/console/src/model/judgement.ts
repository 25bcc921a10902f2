/** What was judged on a floor: who went in circles, what was learned, what is proposed. Pure, over its document. */
import {
  adviceFor,
  decideFloor,
  landedOf,
  lessonKey,
  retroSource,
  type EndedAttempt,
  type FloorDocument,
  type LessonKey,
  type Overrule,
  type SkilledAttempt,
  type Task,
  type Waffling,
} from '@headrace/factory/floor'

/** A verdict of going in circles, and what it turned out to be. */
export interface CircleVerdict {
  readonly task: Task
  readonly attempt: number
  readonly lane: string
  readonly waffling: Waffling
  /** When its attempt was over, in milliseconds since 1970; undefined while it works. */
  readonly endedAt: number | undefined
  /** `now`: its agent is at work. `landed`: it was told, and its work landed. `stood`: it landed nothing. */
  readonly judged: 'now' | 'landed' | 'stood' | 'overruled'
  readonly overrule: Overrule | undefined
  /** A person can still say that it did not. */
  readonly mayOverrule: boolean
}

/** The newest first. */
export function circlesOf(floor: FloorDocument): readonly CircleVerdict[] {
  const lanes = floor.lanes.map(({ name }) => name)
  return Object.values(floor.tasks)
    .flatMap((task): readonly CircleVerdict[] => {
      const { id, state, attempts, overrules = [] } = task
      const request = { ask: 'overrule', task: id, reason: '?' } as const
      // Only of the newest attempt the floor would take it; it says so itself.
      const isOpen = decideFloor(floor, { by: 'user:reader', request, now: 0, lanes }).outcome === 'accepted'
      const newest = state.status === 'working' ? state.attempt : attempts.at(-1)?.attempt
      const ended = attempts.flatMap((one) => ofAttempt(task, one) ?? [])
      const now =
        state.status === 'working' && state.waffling
          ? [verdict(task, { attempt: state.attempt, lane: state.lane, waffling: state.waffling })]
          : []
      const taken = overrules.findLast(({ attempt }) => state.status === 'working' && attempt === state.attempt)
      const overruled =
        now.length === 0 && taken && state.status === 'working'
          ? [verdict(task, { attempt: state.attempt, lane: state.lane, waffling: taken, overrule: taken })]
          : []
      return [...ended, ...now, ...overruled].map((each) => ({
        ...each,
        mayOverrule: isOpen && each.attempt === newest && each.judged !== 'overruled',
      }))
    })
    .toSorted((a, b) => (b.endedAt ?? Infinity) - (a.endedAt ?? Infinity) || 0)
}

interface Found {
  readonly attempt: number
  readonly lane: string
  readonly waffling: Waffling
  readonly overrule?: Overrule
  readonly ended?: EndedAttempt
}

function verdict(task: Task, { attempt, lane, waffling, overrule, ended }: Found): CircleVerdict {
  const judged = overrule ? 'overruled' : ended ? (landedOf(ended) ? 'landed' : 'stood') : 'now'
  return { task, attempt, lane, waffling, endedAt: ended?.endedAt, judged, overrule, mayOverrule: false }
}

function ofAttempt(task: Task, ended: EndedAttempt): CircleVerdict | undefined {
  const { attempt, lane } = ended
  const overrule = task.overrules?.findLast((one) => one.attempt === attempt)
  const waffling = ended.waffling ?? overrule
  if (!waffling) return undefined
  const isTaken = overrule && overrule.verdict >= waffling.verdict
  return verdict(task, { attempt, lane, waffling, ended, ...(isTaken && { overrule }) })
}

/** What was learned again and again. */
export interface FloorLesson {
  readonly key: LessonKey
  /** What an agent is told beforehand; undefined where nobody can say that. */
  readonly advice: string | undefined
  /** Newest first. */
  readonly cases: readonly { readonly task: Task; readonly attempt: EndedAttempt }[]
}

/** Lessons, what was learned most often first. */
export function lessonsOf({ tasks }: FloorDocument): readonly FloorLesson[] {
  const cases = Object.values(tasks)
    .flatMap((task) => task.attempts.map((attempt) => ({ task, attempt })))
    .toSorted((a, b) => b.attempt.endedAt - a.attempt.endedAt)
  return [...Map.groupBy(cases, ({ attempt }) => lessonKey(attempt))]
    .flatMap(([key, own]) => (key === undefined ? [] : [{ key, advice: adviceFor(key), cases: own }]))
    .toSorted((a, b) => b.cases.length - a.cases.length)
}

/** What was proposed, by looking back or ahead: what waits for somebody first, then the newest. */
export function proposalsOf({ tasks }: FloorDocument): readonly Task[] {
  const isOpen = ({ state }: Task): boolean => state.status === 'proposed'
  return Object.values(tasks)
    .filter((task) => task.source.kind === retroSource || task.signature !== undefined || isOpen(task))
    .toSorted(
      (a, b) => Number(isOpen(b)) - Number(isOpen(a)) || b.at - a.at || Number(b.id.slice(1)) - Number(a.id.slice(1)),
    )
}

/** Attempts that are over, for what is counted of skills. */
export function skilledOf({ tasks }: FloorDocument): readonly SkilledAttempt[] {
  return Object.values(tasks).flatMap(({ id, attempts }) =>
    attempts.map(({ skills = [], outcome, endedAt, used = {} }) => ({ task: id, skills, outcome, endedAt, used })),
  )
}

/** Lanes in which each version of a skill is given now. */
export function givenNow({ lanes }: FloorDocument): ReadonlyMap<string, readonly string[]> {
  const given = lanes.flatMap(({ name, given: own = [] }) => own.map((version) => ({ version, name })))
  return new Map(
    [...Map.groupBy(given, ({ version }) => version)].map(([version, own]) => [version, own.map(({ name }) => name)]),
  )
}
