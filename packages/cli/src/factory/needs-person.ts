import type { FloorDocument, Task } from '@headrace/factory/floor'

/** A task that goes no further without a person. */
export interface NeedyTask {
  readonly task: Task
  /** Since when, in milliseconds since 1970. */
  readonly at: number
  /** Why, in words. */
  readonly why: string
}

/** The tasks of a floor that go no further without a person. */
export function needsPerson({ tasks }: FloorDocument): readonly NeedyTask[] {
  return Object.values(tasks).flatMap((task) => needed(task) ?? [])
}

function needed(task: Task): NeedyTask | undefined {
  const { state } = task
  switch (state.status) {
    case 'parked':
      return { task, at: state.at, why: state.why }
    case 'review':
      return { task, at: state.at, why: state.why ?? whereItIs(state.ref) }
    case 'proposed':
      return { task, at: task.at, why: 'somebody must accept it' }
    case 'ready':
    case 'working':
    case 'done':
    case 'rejected':
      return undefined
    default:
      return state satisfies never
  }
}

function whereItIs(ref: string): string {
  return ref === '' ? 'its report is in the lane’s session' : `its work is at ${ref}`
}
