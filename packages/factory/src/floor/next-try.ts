/** Which try at a task comes next where several are made and the best is landed (T2f). Pure. */
import { bestOf } from '../choice/best-of.ts'
import { gateFactsOf } from '../choice/reward.ts'
import type { AttemptResult, EndedAttempt, Task, TryPart } from './task.ts'

/**
 * What the next attempt at a task is: another try, or the landing of the best one. Nothing where it is an attempt as any other:
 * one is made, or none of several was green, or the best did not land.
 *
 * @param of - how many tries its lane makes; those that have begun go on with the number that they began with
 */
export function nextTry(task: Task, of = 1): TryPart {
  const counted = countedAttempts(task)
  const tries = counted.filter(({ try: part }) => part)
  // It began otherwise, or the best one was landed in vain: now what was learned counts.
  if (counted.some(({ try: part }) => !part)) return {}
  const all = tries[0]?.try?.of ?? of
  if (all < 2) return {}
  const over = tries.filter(isTry)
  if (over.length < all) return { try: { number: over.length + 1, of: all } }
  const best = bestTry(over)
  return best ? { lands: best.attempt } : {}
}

/** The lane of tries that are under way: the others are made there as well. */
export function laneOfTries(task: Task): string | undefined {
  const { try: isUnderWay, lands } = nextTry(task)
  const last = countedAttempts(task).at(-1)
  return isUnderWay || lands !== undefined ? last?.lane : undefined
}

/** The base that tries of a task have begun from, where there is one yet. */
export function baseOfTries(task: Task): string | undefined {
  return countedAttempts(task).find(({ try: part, base }) => part && base !== undefined)?.base
}

/** How many attempts those are for the bound of a task: tries among which is chosen, with the landing of the best, are one. */
export function attemptsCounted(attempts: readonly EndedAttempt[]): number {
  const alone = attempts.filter((attempt) => !attempt.try && attempt.lands === undefined)
  return alone.length + (alone.length < attempts.length ? 1 : 0)
}

/** The task with the reason on each green try why it was, or was not, the one that is landed. */
export function withChosen(task: Task, chosen: number): Task {
  const best = task.attempts.find(({ attempt }) => attempt === chosen)
  if (!best) return task
  const counted = new Set(countedAttempts(task))
  const attempts = task.attempts.map((one): EndedAttempt => {
    if (one.outcome !== 'judged' || !counted.has(one)) return one
    if (one === best) return { ...one, why: `${one.why} It was chosen, with ${sizeOf(one)}.` }
    const why = `${one.why} It was not chosen: attempt ${chosen} was better, with ${sizeOf(best)}; this one has ${sizeOf(one)}.`
    return { ...one, outcome: 'spare', why }
  })
  return { ...task, attempts }
}

/** Whether it is one of the tries that are counted: one that was stopped with the floor, or had no base to be judged on, is made again. */
export function isTry({ try: part, outcome, failure }: AttemptResult & TryPart): boolean {
  return part !== undefined && outcome !== 'cancelled' && failure !== 'base'
}

function bestTry(tries: readonly EndedAttempt[]): EndedAttempt | undefined {
  const best = bestOf(tries.map((result) => ({ id: String(result.attempt), result })))
  return tries.find(({ attempt }) => String(attempt) === best?.id)
}

function countedAttempts({ attempts, state }: Task): readonly EndedAttempt[] {
  const countFrom = ('countFrom' in state ? state.countFrom : undefined) ?? 1
  return attempts.filter(({ attempt }) => attempt >= countFrom)
}

function sizeOf({ facts, reward }: EndedAttempt): string {
  const lines = gateFactsOf(facts).change?.lines
  return `${lines === undefined ? 'a change of unknown size' : `${lines} changed lines`} and a worth of ${reward ?? 0}`
}
