/** What the end of an attempt makes of its task (F1, F8, T2). */
import { rewardOf } from '../choice/reward.ts'
import { stopLoop } from '../choice/stop-loop.ts'
import { attemptsCounted, isTry, nextTry } from './next-try.ts'
import { withTask, type FloorDocument } from './floor-document.ts'
import type { AttemptResult, EndedAttempt, Outcome, Task, TaskState } from './task.ts'

export interface Settlement {
  readonly task: string
  /** Which attempt reports; one that does not hold the task is not listened to. */
  readonly attempt: number
  readonly result: AttemptResult
  /** Milliseconds since 1970. */
  readonly now: number
}

/** Attempts of a task that the document keeps. */
const keptAttempts = 8
/** A task whose attempt failed for reasons of the machine waits a little, so that a broken floor does not spin. */
const retryAfterMs = 15_000
const maxWhyChars = 2_000

/**
 * The floor with the attempt over.
 *
 * @returns the same floor where the attempt does not hold the task, because somebody settled it before
 */
export function settleAttempt(floor: FloorDocument, { task: id, attempt, result, now }: Settlement): FloorDocument {
  const task = floor.tasks[id]
  if (task?.state.status !== 'working' || task.state.attempt !== attempt) return floor
  const { lane, since, nuked, countFrom = 1, try: part, lands } = task.state
  // Whoever nuked it stopped it too, and what counts is why.
  const stamped: AttemptResult =
    nuked && result.outcome !== 'merged' ? { ...result, outcome: 'nuked', why: nuked.reason } : result
  const why = stamped.why.slice(0, maxWhyChars)
  const reward = rewardOf(stamped)?.value
  const times = { startedAt: since, endedAt: now }
  const ended: EndedAttempt = {
    ...stamped,
    why,
    attempt,
    lane,
    ...times,
    ...(part && { try: part }),
    ...(lands !== undefined && { lands }),
    ...(reward !== undefined && { reward }),
  }
  const attempts = [...task.attempts, ended].slice(-keptAttempts)
  const state =
    stateAfterTry(floor, { task: { ...task, attempts }, countFrom }, ended) ??
    stateAfter(floor, { attempts, countFrom }, ended)
  // What is over needs its text no more: the log has it.
  return withTask(held(floor, ended), { ...task, attempts, state, ...(state.status === 'done' && { body: '' }) })
}

interface Tried {
  readonly attempts: readonly EndedAttempt[]
  readonly countFrom: number
}

/** A try ends only itself while there are others to make, or one to land; nothing where it goes on as after any attempt. */
function stateAfterTry(
  floor: FloorDocument,
  { task, countFrom }: { readonly task: Task; readonly countFrom: number },
  ended: EndedAttempt,
): TaskState | undefined {
  const { outcome, endedAt: at } = ended
  if (!ended.try || outcome === 'merged' || (outcome === 'cancelled' && floor.mode !== 'stopped')) return undefined
  const { try: another, lands } = nextTry(task)
  if (!another && lands === undefined) return undefined
  const isLater = isTry(ended) && isOfTheMachine(outcome)
  return { status: 'ready', countFrom, ...(isLater && { after: at + retryAfterMs }) }
}

function stateAfter(floor: FloorDocument, { attempts, countFrom }: Tried, ended: EndedAttempt): TaskState {
  const { outcome, why, endedAt: at, commit, ref } = ended
  const again = (): TaskState => {
    const counted = attempts.filter((other) => other.attempt >= countFrom)
    const tries = attemptsCounted(counted)
    // Tries know nothing of each other: that they come to the same is no loop.
    const loop = tries < floor.maxAttempts ? stopLoop(counted.filter(({ try: part }) => !part)) : undefined
    if (loop !== undefined) return { status: 'parked', why: `${loop}. ${why}`, at }
    if (tries >= floor.maxAttempts) {
      return { status: 'parked', why: `${tries} attempts, the last one ${outcome}: ${why}`, at }
    }
    return { status: 'ready', countFrom, ...(isOfTheMachine(outcome) && { after: at + retryAfterMs }) }
  }
  switch (outcome) {
    case 'merged':
      return { status: 'done', at, ...(commit !== undefined && { commit }) }
    case 'proposed':
      return { status: 'review', ref: ref ?? '', at }
    case 'branched':
      return { status: 'review', ref: ref ?? '', why, at }
    case 'cancelled':
      // Who stopped the whole floor says with its mode when all goes on; what was stopped alone waits for a word of its own.
      if (floor.mode === 'stopped') return { status: 'ready', countFrom: ended.attempt + 1 }
      return { status: 'parked', why, at }
    case 'failed':
      // Nothing can be judged on such a base, and no other attempt would fare better: it is no fault of this one.
      if (ended.failure === 'base') return { status: 'ready', countFrom: ended.attempt + 1 }
      return again()
    case 'rejected':
    case 'empty':
    case 'budget':
    case 'nuked':
    case 'replaced':
    case 'lost':
    // Of these one was to be landed, and is not there any more.
    case 'judged':
    case 'spare':
      return again()
    case 'parked':
      return { status: 'parked', why, at }
    default:
      return outcome satisfies never
  }
}

/** A base that is not green, or was rewritten, holds the floor until a person has looked at it. */
function held(floor: FloorDocument, { failure, why }: EndedAttempt): FloorDocument {
  return failure === 'base' && floor.mode === 'running' ? { ...floor, mode: 'paused', modeWhy: why } : floor
}

function isOfTheMachine(outcome: Outcome): boolean {
  return outcome === 'failed' || outcome === 'lost'
}
