import type { FloorDocument } from './floor-document.ts'
import type { Task, TaskState } from './task.ts'

/** A task that goes no further without a person. */
export type NeedyTask = Task & {
  readonly state: Extract<TaskState, { readonly status: 'parked' | 'review' | 'proposed' }>
}

/** The tasks of a floor that go no further without a person. */
export function needsPerson({ tasks }: FloorDocument): readonly NeedyTask[] {
  return Object.values(tasks).filter(isNeedy)
}

function isNeedy(task: Task): task is NeedyTask {
  switch (task.state.status) {
    case 'parked':
    case 'review':
    case 'proposed':
      return true
    case 'ready':
    case 'working':
    case 'done':
    case 'rejected':
      return false
    default:
      return task.state satisfies never
  }
}
