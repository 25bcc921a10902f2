/** In which order tasks begin (F1a, F1i). Pure. */
import type { Task } from './task.ts'

/** The more urgent first, of the same urgency the oldest, unless a person gave them another place. */
export function moreUrgent(a: Task, b: Task): number {
  return a.priority - b.priority || rankOf(a) - rankOf(b) || Number(a.id.slice(1)) - Number(b.id.slice(1))
}

/** A time, so that what is added later comes later; where a person put a task it is between those of its neighbours. */
function rankOf({ rank, at }: Task): number {
  return rank ?? at
}

/**
 * The tasks that have another rank when `task` stands at `index` among the others: it alone, or all where there is no number
 * left between its neighbours.
 *
 * @param others - of the same urgency and in order, without the task
 */
export function withRanks(task: Task, others: readonly Task[], index: number): readonly Task[] {
  const [before, after] = [others[index - 1], others[index]]
  const rank = between(before && rankOf(before), after && rankOf(after))
  if (rank !== undefined) return [{ ...task, rank }]
  // Small whole numbers: they are before every time, and there is room between them.
  return others.toSpliced(index, 0, task).map((each, place) => ({ ...each, rank: place + 1 }))
}

function between(low: number | undefined, high: number | undefined): number | undefined {
  if (low === undefined) return high === undefined ? undefined : high - 1
  if (high === undefined) return low + 1
  const middle = (low + high) / 2
  return low < middle && middle < high ? middle : undefined
}
