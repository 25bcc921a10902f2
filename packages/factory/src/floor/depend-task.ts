/** What a task waits for, by the word of a person (F1j). Pure. */
import { accepted, refused, type FloorAnswer } from './floor-answer.ts'
import { isOver, noRoom, withTask, type FloorDocument } from './floor-document.ts'
import type { Task } from './task.ts'

/** @param on - all that it depends on from now */
export function dependTask(floor: FloorDocument, task: Task, on: readonly string[]): FloorAnswer {
  const { id, state, dependsOn } = task
  const wanted = [...new Set(on)]
  if (state.status === 'working' || state.status === 'review' || isOver(task))
    return refused(`${id} is ${state.status}, so it waits for nothing any more.`)
  // What left the floor was over, and may stay where it is named.
  const missing = wanted.find((other) => floor.tasks[other] === undefined && !dependsOn.includes(other))
  if (missing !== undefined) return refused(`There is no task ${missing} to depend on. Add it first, or leave it out.`)
  const rejected = wanted.find((other) => floor.tasks[other]?.state.status === 'rejected' && !dependsOn.includes(other))
  if (rejected !== undefined) return refused(`${rejected} was rejected, so ${id} would wait for ever.`)
  for (const other of wanted) {
    const ring = waitsFor(floor, other, id)
    if (ring) return refused(`Then ${id} would wait for itself: ${[id, ...ring].join(' waits for ')}.`)
  }
  const isSame = wanted.length === dependsOn.length && wanted.every((other) => dependsOn.includes(other))
  const said = wanted.length === 0 ? `${id} waits for no other task` : `${id} waits for ${wanted.join(', ')}`
  if (isSame) return { outcome: 'noop', said: `${said} already.`, task: id }
  const next = withTask(floor, { ...task, dependsOn: wanted })
  const full = wanted.length > dependsOn.length ? noRoom(next) : undefined
  return full === undefined ? { ...accepted(next, `${said}.`), task: id } : refused(full)
}

/**
 * How one task waits for another, directly or through others: both of them and those between, shortest first; nothing where it
 * does not wait for it. A task waits for itself.
 */
export function waitsFor(floor: FloorDocument, from: string, to: string): readonly string[] | undefined {
  const came = new Map<string, string | undefined>([[from, undefined]])
  // A map gives what is added while it is gone through as well: this is breadth first.
  for (const [id] of came) {
    if (id === to) return wayTo(came, to)
    for (const next of floor.tasks[id]?.dependsOn ?? []) if (!came.has(next)) came.set(next, id)
  }
  return undefined
}

function wayTo(came: ReadonlyMap<string, string | undefined>, to: string): readonly string[] {
  const way: string[] = []
  for (let at: string | undefined = to; at !== undefined; at = came.get(at)) way.unshift(at)
  return way
}
