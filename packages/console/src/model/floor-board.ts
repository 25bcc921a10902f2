import {
  emptyFloor,
  floorOf,
  moreUrgent,
  needsPerson,
  planFloor,
  type FloorDocument,
  type PlanLane,
  type Task,
} from '@headrace/factory/floor'

/** A task, and why it stands where it does, in words for a person; empty where the state says all. */
export interface BoardTask {
  readonly task: Task
  readonly why: string
}

export interface BoardLane {
  readonly lane: PlanLane
  /** What it works on; more than one where the lane takes more at a time. */
  readonly work: readonly Task[]
  /** Why it takes nothing new. */
  readonly paused: string | undefined
}

/** The floor as it is laid out on the page. */
export interface Board {
  readonly floor: FloorDocument
  readonly lanes: readonly BoardLane[]
  readonly needsPerson: readonly BoardTask[]
  /** Most urgent first. */
  readonly ready: readonly BoardTask[]
  readonly working: readonly Task[]
  /** Newest first. */
  readonly over: readonly BoardTask[]
}

/** What the document holds, whole: a field that another version of the factory has left out is as on an empty floor. */
export function readFloor(document: unknown): FloorDocument {
  return { ...emptyFloor, ...floorOf(document) }
}

/** @param now - milliseconds since 1970 */
export function boardOf(floor: FloorDocument, now: number): Board {
  const { waiting } = planFloor(floor, floor.lanes, now)
  const tasks = Object.values(floor.tasks)
  const working = tasks.filter(({ state }) => state.status === 'working')
  const inLanes = Map.groupBy(working, ({ state }) => (state.status === 'working' ? state.lane : ''))
  return {
    floor,
    lanes: floor.lanes.map((lane) => ({
      lane,
      work: inLanes.get(lane.name) ?? [],
      paused: floor.pausedLanes[lane.name],
    })),
    needsPerson: needsOf(floor),
    ready: tasks
      .filter(({ state }) => state.status === 'ready')
      .toSorted(moreUrgent)
      .map((task) => ({ task, why: waiting[task.id] ?? '' })),
    working,
    over: tasks
      .flatMap((task) => ended(task) ?? [])
      .toSorted((a, b) => b.at - a.at)
      .map(({ task, why }) => ({ task, why })),
  }
}

/** The tasks that go no further without a person. */
export function needsOf(floor: FloorDocument): readonly BoardTask[] {
  return needsPerson(floor).map((task) => {
    switch (task.state.status) {
      case 'parked':
        return { task, why: task.state.why }
      case 'review':
        return { task, why: task.state.why ?? task.state.ref }
      case 'proposed':
        return { task, why: '' }
      default:
        return task.state satisfies never
    }
  })
}

function ended(task: Task): (BoardTask & { readonly at: number }) | undefined {
  const { state } = task
  if (state.status === 'done') return { task, why: state.commit?.slice(0, 10) ?? '', at: state.at }
  return state.status === 'rejected' ? { task, why: state.why, at: state.at } : undefined
}
