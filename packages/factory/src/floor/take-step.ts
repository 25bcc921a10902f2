import { withChosen } from './next-try.ts'
import { withTask, type FloorDocument } from './floor-document.ts'
import type { FloorStep } from './plan-floor.ts'

/** The floor with a step of the plan taken; the same floor where the step no longer fits it. */
export function takeStep(floor: FloorDocument, step: FloorStep, now: number): FloorDocument {
  const task = floor.tasks[step.task]
  if (!task) return floor
  const { state } = task
  switch (step.step) {
    case 'dispatch': {
      if (state.status !== 'ready') return floor
      const { countFrom } = state
      const { lane, attempt, try: part, lands } = step
      const working = {
        status: 'working',
        lane,
        attempt,
        since: now,
        ...(part && { try: part }),
        ...(lands !== undefined && { lands }),
        ...(countFrom !== undefined && { countFrom }),
      } as const
      const told = lands === undefined ? task : withChosen(task, lands)
      return withTask(floor, { ...told, state: working })
    }
    case 'pause':
      if (state.status !== 'working' || state.pausedFor !== undefined) return floor
      return withTask(floor, { ...task, state: { ...state, pausedFor: step.for } })
    case 'resume': {
      if (state.status !== 'working') return floor
      const { pausedFor: _, ...going } = state
      return withTask(floor, { ...task, state: going })
    }
    default:
      return step satisfies never
  }
}
