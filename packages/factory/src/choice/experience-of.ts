import type { FloorDocument } from '../floor/floor-document.ts'
import type { EndedAttempt, Task } from '../floor/task.ts'
import type { Arm } from './arm.ts'
import type { Tried } from './choose-arm.ts'

/** What a floor knows of arms when it chooses one for a task: attempts at tasks of the same kind, as its document keeps them. Pure. */
export interface Experience {
  readonly tried: readonly Tried[]
  /** Arms whose work on this very task was put away, or that failed at it. */
  readonly not: readonly Arm[]
}

export function experienceOf({ tasks }: FloorDocument, task: Task): Experience {
  const countFrom = ('countFrom' in task.state ? task.state.countFrom : undefined) ?? 1
  return {
    tried: Object.values(tasks)
      .filter(({ kind }) => kind === task.kind)
      .flatMap(({ attempts }) => attempts.flatMap(triedIn)),
    not: task.attempts
      .filter(({ attempt, outcome }) => attempt >= countFrom && (outcome === 'nuked' || outcome === 'failed'))
      .flatMap((attempt) => armIn(attempt) ?? []),
  }
}

function triedIn(attempt: EndedAttempt): readonly Tried[] {
  const arm = armIn(attempt)
  return arm && attempt.reward !== undefined ? [{ arm, reward: attempt.reward }] : []
}

function armIn({ arm, agent }: EndedAttempt): Arm | undefined {
  return arm ?? (agent === undefined ? undefined : { agent })
}
