/** What the crew says to each other: data parts of messages, so that it is in the log and people can read it. */
import type { Json, Message, Run, SessionId, SessionView, Usage } from '@headrace/core'
import type { Arm } from '../choice/arm.ts'
import type { Choice } from '../choice/choose-arm.ts'
import { rungs } from '../detect/ladder.ts'
import { watchNotes, type Overruled, type WafflingVerdict } from '../detect/watch-notes.ts'
import { baseOfTries } from '../floor/next-try.ts'
import type { AttemptResult, EndedAttempt, LaneKind, Task, Try, Waffling } from '../floor/task.ts'
import type { GivenSkill } from '../skills/lane-skills.ts'
import { adviceFor, lessonKey } from '../retro/lesson.ts'
import { filesOf, type WorkDiff } from './work-note.ts'
import { crewOf } from './sessions.ts'

/** What an attempt is to do; it is the input of its run. */
export interface AttemptOrder {
  readonly task: string
  readonly attempt: number
  readonly title: string
  /** What kind of task it is. */
  readonly kind?: LaneKind
  readonly body: string
  readonly acceptance: readonly string[]
  /** Why earlier attempts failed, oldest first. */
  readonly lessons: readonly string[]
  /** What was learned from other tasks on the same files. Default none. */
  readonly nearby?: readonly string[]
  /** Which of the lane's agents works on it. Default: the lane's own. */
  readonly arm?: Arm
  /** Why that one, where there were several. */
  readonly choice?: Choice
  /** It is one of several tries. `base`: the commit that the others began from, where there is one yet. */
  readonly try?: Try & { readonly base?: string }
  /** It does no work of its own: it lands that of the attempt with this number. */
  readonly lands?: LandOrder
  /** Rungs of the ladder that were taken with the attempts before it. Default 0. */
  readonly rungs?: number
}

/** Work that the gate has judged already: commits in the vault. */
export interface LandOrder {
  readonly attempt: number
  readonly base: string
  readonly head: string
}

/**
 * What an attempt is told of a task.
 *
 * @param nearby - what was learned from other tasks on the same files
 */
export function orderFor(task: Task, attempt: number, nearby: readonly string[] = []): AttemptOrder {
  const { id, title, kind, body, acceptance, attempts } = task
  const part = partOf(task)
  // Tries are worth most where they know nothing of each other.
  const known = attempts.filter((ended) => !(part.try && ended.try && ended.attempt >= countFromOf(task)))
  const lessons = known.filter((ended) => isLesson(ended) && !isOverruled(task, ended)).map(lessonOf)
  const taken = rungsTaken(task)
  return {
    task: id,
    attempt,
    title,
    kind,
    body,
    acceptance,
    lessons,
    ...(nearby.length > 0 && { nearby }),
    ...part,
    ...(taken > 0 && { rungs: taken }),
  }
}

function partOf(task: Task): Pick<AttemptOrder, 'try' | 'lands'> {
  const { state, attempts } = task
  if (state.status !== 'working') return {}
  if (state.try) {
    const base = baseOfTries(task)
    return { try: { ...state.try, ...(base !== undefined && { base }) } }
  }
  const { attempt, base, commit: head } = attempts.find((one) => one.attempt === state.lands) ?? {}
  if (attempt === undefined || base === undefined || head === undefined) return {}
  return { lands: { attempt, base, head } }
}

/** What the gate would have taken has nothing to teach. */
function isLesson({ outcome }: EndedAttempt): boolean {
  return outcome !== 'judged' && outcome !== 'spare'
}

function countFromOf({ state }: Task): number {
  return ('countFrom' in state ? state.countFrom : undefined) ?? 1
}

/** What became of an attempt, and what to do instead where that is known. */
function lessonOf(ended: EndedAttempt): string {
  const { outcome, why } = ended
  const key = lessonKey(ended)
  const advice = key === undefined ? undefined : adviceFor(key)
  return `${outcome}: ${why}${advice === undefined ? '' : ` ${advice}`}`
}

/** An attempt that follows one which went in circles begins where that one ended. */
function rungsTaken(task: Task): number {
  const { attempts, state } = task
  const last = attempts.at(-1)
  const countFrom = countFromOf(task)
  // A try begins as if it were the first.
  if ('try' in state && state.try) return 0
  if (last?.failure !== 'waffling' || !last.waffling || last.attempt < countFrom || isOverruled(task, last)) return 0
  return rungs.indexOf(last.waffling.rung) + 1
}

/** A person said that the attempt was ended without need: that is no lesson. */
function isOverruled({ overrules = [] }: Task, { attempt, failure, waffling }: EndedAttempt): boolean {
  if (failure !== 'waffling' || !waffling) return false
  return overrules.some((other) => other.attempt === attempt && other.verdict >= waffling.verdict)
}

/** Names of the data parts. */
export const notes = {
  order: 'factory.attempt',
  result: 'factory.result',
  /** Which agent works on an attempt, and what it asked of which models so far. */
  models: 'factory.models',
  /** What shuts the agent of an attempt in. */
  cell: 'factory.cell',
  /** What an attempt has changed, each time its work leaves the clone. */
  work: 'factory.work',
  /** Which versions of which skills an attempt is given. */
  skills: 'factory.skills',
  request: 'factory.request',
  answer: 'factory.answer',
} as const

/** The value of the data part of that name which was written last. */
export function noteIn(messages: readonly Message[], name: string): Json | undefined {
  const found = messages.flatMap(({ parts }) => parts).findLast((part) => part.kind === 'data' && part.name === name)
  return found?.kind === 'data' ? found.value : undefined
}

/** The order that a run of a lane's session was given, if its input is one. */
export function orderOf(input: Message | undefined, session: SessionId): AttemptOrder | undefined {
  const crew = crewOf(session)
  // Only a foreman's token may send as the foreman, and each floor has one of its own.
  if (!input || !crew || input.author !== `agent:${crew.foreman}`) return undefined
  return noteIn([input], notes.order) as AttemptOrder | undefined // that is what a foreman writes
}

/** The run of an attempt in its lane. */
export function attemptRun(view: SessionView, task: string, attempt: number): Run | undefined {
  return view.runs.find((run) => {
    const order = orderOf(
      view.messages.find(({ id }) => id === run.input),
      view.id,
    )
    return order?.task === task && order.attempt === attempt
  })
}

/** What an attempt says of its agent and of the models that this asked: a part each time that there is a reason to. */
export interface ModelsNote {
  /** The name of the kind of agent. */
  readonly agent: string
  readonly calls: number
  /** Calls that ended before their use was said. */
  readonly uncounted: number
  /** By the names that the agent asked for; the last one stands for all that are too many. */
  readonly models: Readonly<Record<string, Usage>>
}

/** Files of an attempt that the floor keeps. */
const maxTouched = 10

/** What became of a run that is over, with what it used. */
export function resultOf(view: SessionView, run: Run): AttemptResult | undefined {
  const own = view.messages.filter((message) => message.run === run.id)
  const result = whatCame(own, run)
  const worked = noteIn(own, notes.models) as ModelsNote | undefined // only the runner may write in a lane as the runner
  const cell = noteIn(own, notes.cell) as { readonly words: string } | undefined // by the runner too
  const waffling = wafflingOf(own)
  const arm = orderOf(
    view.messages.find(({ id }) => id === run.input),
    view.id,
  )?.arm
  const share = shareOf(run)
  const work = noteIn(own, notes.work) as WorkDiff | undefined // as above
  const touched = work ? filesOf(work.patch).slice(0, maxTouched) : []
  const given = (noteIn(own, notes.skills) ?? []) as unknown as readonly GivenSkill[] // by the runner too
  return (
    result && {
      ...result,
      ...(worked && { agent: worked.agent }),
      ...(cell && { confined: cell.words }),
      ...(touched.length > 0 && { touched }),
      ...(given.length > 0 && { skills: given.map(({ version }) => version) }),
      ...(waffling && { waffling }),
      ...(arm && { arm }),
      ...(share !== undefined && { share }),
      ...(run.usage && { used: run.usage }),
    }
  )
}

/** The part of its budget that a run has used. */
function shareOf({ budget = {}, usage = {} }: Run): number | undefined {
  const { inputTokens = 0, outputTokens = 0, costUsd = 0, toolCalls = 0 } = usage
  const shares = [
    ...(budget.tokens === undefined ? [] : [(inputTokens + outputTokens) / budget.tokens]),
    ...(budget.costUsd === undefined ? [] : [costUsd / budget.costUsd]),
    ...(budget.toolCalls === undefined ? [] : [toolCalls / budget.toolCalls]),
  ].filter((share) => Number.isFinite(share))
  return shares.length === 0 ? undefined : Math.round(1_000 * Math.min(1, Math.max(...shares))) / 1_000
}

const maxEvidenceChars = 300

/** What was done last about an attempt that goes in circles, by its messages; nothing where a person took that back. */
export function wafflingOf(own: readonly Message[]): Waffling | undefined {
  const said = noteIn(own, watchNotes.verdict) as unknown as WafflingVerdict | undefined // only the runner may write in a lane as the runner
  const taken = noteIn(own, watchNotes.overruled) as unknown as Overruled | undefined // as above
  if (!said || (taken && taken.verdict >= said.verdict)) return undefined
  const { verdict, rung, evidence, kinds } = said
  return { verdict, rung, evidence: (evidence[0] ?? '').slice(0, maxEvidenceChars), kinds }
}

function whatCame(own: readonly Message[], run: Run): AttemptResult | undefined {
  if (run.status !== 'ended') return undefined
  const said = noteIn(own, notes.result)
  // A run writes its result with its end; one that was cut short says at least how.
  if (run.reason === 'complete' && said !== undefined) return said as unknown as AttemptResult
  const why = run.detail ?? `the run ended as ${run.reason}`
  switch (run.reason) {
    case 'complete':
      return { outcome: 'failed', why: 'it ended without saying what came of it' }
    case 'cancelled':
      return { outcome: 'cancelled', why: run.cancelledBy ? `stopped by ${run.cancelledBy}` : why }
    case 'failed':
    case 'lost':
    case 'budget':
      return { outcome: run.reason, why }
    default:
      return run.reason satisfies never
  }
}
