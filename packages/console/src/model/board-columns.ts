/** The tasks that are ready as columns of cards, and what moving a card asks of the floor. Pure. */
import type { FloorRequest, Priority } from '@headrace/factory/floor'
import type { Board, BoardTask } from './floor-board.ts'

/** By what tasks are laid side by side. */
export type BoardBy = 'priority' | 'lane'

/** What all cards of a column have in common. */
export type ColumnPlace = { readonly priority: Priority } | { readonly lane: string } | { readonly anyLane: true }

export interface BoardColumn {
  readonly key: string
  readonly place: ColumnPlace
  /** What begins first comes first. */
  readonly tasks: readonly BoardTask[]
}

/** Beside which card, and on which side of it. */
export interface Beside {
  readonly task: string
  readonly edge: 'before' | 'after'
}

type Move = Extract<FloorRequest, { readonly ask: 'move-task' }>

const priorities: readonly Priority[] = [0, 1, 2, 3]
/** Up to here lanes that have no task of their own are shown as well. */
const allLanes = 8

export function columnsOf({ ready, floor: { lanes } }: Board, by: BoardBy): readonly BoardColumn[] {
  if (by === 'priority')
    return priorities.map((priority) => ({
      key: `P${priority}`,
      place: { priority },
      tasks: ready.filter(({ task }) => task.priority === priority),
    }))
  const own = Map.groupBy(ready, ({ task }) => task.lane)
  // A lane that left is still what its tasks wait for.
  const names = new Set([...lanes.map(({ name }) => name), ...own.keys()])
  const shown = [...names].filter((name) => name !== undefined && (lanes.length <= allLanes || own.has(name)))
  return [
    { key: '', place: { anyLane: true }, tasks: own.get(undefined) ?? [] },
    ...shown.flatMap((lane) =>
      lane === undefined ? [] : [{ key: lane, place: { lane }, tasks: own.get(lane) ?? [] }],
    ),
  ]
}

/** What a card that is dropped there asks; nothing where it stands there already. */
export function dropOf(column: BoardColumn, task: string, beside?: Beside): Move | undefined {
  const at = column.tasks.findIndex(({ task: { id } }) => id === task)
  const { place, tasks } = column
  if (beside) {
    if (beside.task === task) return undefined
    const other = tasks.findIndex(({ task: { id } }) => id === beside.task)
    if (at !== -1 && at === (beside.edge === 'before' ? other - 1 : other + 1)) return undefined
    const lane = at === -1 && !('priority' in place) ? place : {}
    return { ask: 'move-task', task, ...lane, [beside.edge]: beside.task }
  }
  const last = tasks.at(-1)?.task.id
  if (!('priority' in place)) return at === -1 ? { ask: 'move-task', task, ...place } : undefined
  if (last === task) return undefined
  return { ask: 'move-task', task, ...(last === undefined ? place : { after: last }) }
}

/** Where a card goes by a key: within its column, or into the one beside it. */
export type Step = 'sooner' | 'later' | 'previous' | 'next'

/** What such a step asks; nothing where there is no way on. */
export function stepOf(columns: readonly BoardColumn[], task: string, step: Step): Move | undefined {
  const index = columns.findIndex(({ tasks }) => tasks.some((each) => each.task.id === task))
  const column = columns[index]
  if (!column) return undefined
  const at = column.tasks.findIndex((each) => each.task.id === task)
  switch (step) {
    case 'sooner':
    case 'later': {
      const other = column.tasks[step === 'sooner' ? at - 1 : at + 1]?.task.id
      if (other === undefined) return undefined
      return dropOf(column, task, { task: other, edge: step === 'sooner' ? 'before' : 'after' })
    }
    case 'previous':
    case 'next': {
      const beside = columns[step === 'previous' ? index - 1 : index + 1]
      return beside && dropOf(beside, task)
    }
    default:
      return step satisfies never
  }
}

/** Tasks that a task waits for, and those that wait for it, directly. */
export interface Ties {
  readonly before: readonly string[]
  readonly after: readonly string[]
}

/** The ties of each task that is to be done. What is done ties nothing. */
export function tiesOf({ floor: { tasks } }: Board): ReadonlyMap<string, Ties> {
  const ties = new Map<string, { before: string[]; after: string[] }>()
  const of = (id: string): { before: string[]; after: string[] } => {
    const known = ties.get(id) ?? { before: [], after: [] }
    ties.set(id, known)
    return known
  }
  for (const { id, dependsOn, state } of Object.values(tasks)) {
    if (state.status === 'done' || state.status === 'rejected') continue
    for (const other of dependsOn) {
      const status = tasks[other]?.state.status
      if (status === undefined || status === 'done') continue
      of(id).before.push(other)
      of(other).after.push(id)
    }
  }
  return ties
}
