import { withTask, type FloorDocument } from './floor-document.ts'
import type { Task } from './task.ts'

/** What becomes of something that was asked of a floor. */
export type FloorAnswer =
  /** `said`: what was done, in words for a person. */
  | { readonly outcome: 'accepted'; readonly floor: FloorDocument; readonly said: string; readonly task?: string }
  /** It is so already. */
  | { readonly outcome: 'noop'; readonly said: string; readonly task?: string }
  | { readonly outcome: 'refused'; readonly said: string; readonly task?: undefined }

export function accepted(floor: FloorDocument, said: string): Extract<FloorAnswer, { readonly outcome: 'accepted' }> {
  return { outcome: 'accepted', floor, said }
}

/** As {@link accepted}, for a floor on which this task is another than before. */
export function changed(floor: FloorDocument, task: Task, said: string): FloorAnswer {
  return { ...accepted(withTask(floor, task), said), task: task.id }
}

export function refused(said: string): FloorAnswer {
  return { outcome: 'refused', said }
}

export function noLane(lane: string, lanes: readonly string[]): string {
  return `There is no lane ${lane}. Lanes: ${lanes.join(', ') || 'none'}.`
}
