import { needsPerson, type FloorDocument, type NeedyTask } from '@headrace/factory/floor'

/** What a task needs a person for. */
export interface Need {
  readonly task: NeedyTask
  /** Since when, in milliseconds since 1970. */
  readonly at: number
  /** Why, in words. */
  readonly why: string
}

/** The tasks of a floor that go no further without a person, and why. */
export function needsOf(floor: FloorDocument): readonly Need[] {
  return needsPerson(floor).map((task) => {
    const { state } = task
    switch (state.status) {
      case 'parked':
        return { task, at: state.at, why: state.why }
      case 'review':
        return { task, at: state.at, why: state.why ?? whereItIs(state.ref) }
      case 'proposed':
        return { task, at: task.at, why: 'somebody must accept it' }
      default:
        return state satisfies never
    }
  })
}

function whereItIs(ref: string): string {
  return ref === '' ? 'its report is in the lane’s session' : `its work is at ${ref}`
}
