/** Where a task stands among those that are to be done, by the word of a person (F1i). Pure. */
import { accepted, changed, noLane, refused, type FloorAnswer } from './floor-answer.ts'
import { isOver, type FloorDocument } from './floor-document.ts'
import type { FloorRequest } from './floor-request.ts'
import { moreUrgent, withRanks } from './task-order.ts'
import type { Task } from './task.ts'

type Move = Extract<FloorRequest, { readonly ask: 'move-task' }>

/** @param lanes - names of those that there are */
export function moveTask(floor: FloorDocument, task: Task, move: Move, lanes: readonly string[]): FloorAnswer {
  const { id, state } = task
  const { lane, anyLane, before, after } = move
  const beside = before ?? after
  const wrong = contradiction(move)
  if (wrong !== undefined) return refused(wrong)
  if (isOver(task)) return refused(`${id} is ${state.status}, so its place is of no use.`)
  if (lane !== undefined && !lanes.includes(lane)) return refused(noLane(lane, lanes))
  if (state.status === 'working' && (lane !== undefined || anyLane || beside !== undefined))
    return refused(`${id} is being worked on in the lane ${state.lane}: of its place only the priority can change now.`)
  const other = beside === undefined ? undefined : floor.tasks[beside]
  if (beside !== undefined && other?.state.status !== 'ready')
    return refused(
      `${beside} ${other ? `is ${other.state.status}` : 'is not there'}: a task has its place among those that are ready.`,
    )
  const priority = move.priority ?? other?.priority ?? task.priority
  if (other && other.priority !== priority)
    return refused(
      `${other.id} is P${other.priority}, so nothing that is P${priority} stands right ${before ? 'before' : 'after'} it.`,
    )
  const { lane: was, ...free } = task
  const bound = anyLane ? undefined : (lane ?? was)
  const next: Task = { ...free, priority, ...(bound !== undefined && { lane: bound }) }
  const said = inWords(next, move)
  if (!other) {
    if (priority === task.priority && bound === was)
      return { outcome: 'noop', said: `${said.slice(0, -1)} already.`, task: id }
    return changed(floor, next, said)
  }
  const others = Object.values(floor.tasks)
    .filter((each) => each.id !== id && each.state.status === 'ready' && each.priority === priority)
    .toSorted(moreUrgent)
  const ranked = withRanks(next, others, others.indexOf(other) + (before === undefined ? 1 : 0))
  const tasks = { ...floor.tasks, ...Object.fromEntries(ranked.map((each) => [each.id, each])) }
  return { ...accepted({ ...floor, tasks }, said), task: id }
}

function contradiction({ task, priority, lane, anyLane, before, after }: Move): string | undefined {
  if (before !== undefined && after !== undefined)
    return `${task} can't be before one task and after another: say one of them.`
  if (lane !== undefined && anyLane) return `${task} can't be for ${lane} and for any lane: say one of them.`
  if ([before, after].includes(task)) return `${task} can't stand beside itself.`
  const asked = [priority, lane, anyLane, before, after]
  return asked.every((each) => each === undefined)
    ? `Say where ${task} is to go: a priority, a lane, or a task.`
    : undefined
}

function inWords({ id, priority, lane }: Task, { before, after, anyLane, lane: asked }: Move): string {
  const place = before === undefined ? (after === undefined ? '' : `, after ${after}`) : `, before ${before}`
  const where = anyLane ? '; any lane that fits may take it' : asked === undefined ? '' : `; only ${lane} takes it`
  return `${id} is P${priority}${place}${where}.`
}
