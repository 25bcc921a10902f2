import type { PlanLane } from './plan-floor.ts'
import type { ShelvedClone } from './shelf.ts'
import type { Decision } from './signature.ts'
import type { Task } from './task.ts'

/** What the foreman goes by. It is the shared document of the floor's session, so every change of it is in the log. */
export interface FloorDocument {
  readonly format: 1
  /** `paused`: nothing new begins. `stopped`: what is under way is ended as well. */
  readonly mode: 'running' | 'paused' | 'stopped'
  /** Why it does not run, where nobody said so. */
  readonly modeWhy?: string
  /** How many lanes may need a person at the same time. */
  readonly attention: number
  /** What the files of the base branch said of that when they were last taken in. */
  readonly filesAttention?: number
  /** How often a task is tried. */
  readonly maxAttempts: number
  /** The number of the next task. */
  readonly nextTask: number
  /** By id, in the order they were added. What is over leaves when there are too many; the log keeps it. */
  readonly tasks: Readonly<Record<string, Task>>
  /** What people decided about proposals: what was rejected does not come back. */
  readonly decisions?: readonly Decision[]
  /** Clones that were given up and can be had back: the newest, and those that were brought back. */
  readonly shelf?: readonly ShelvedClone[]
  /** Lanes that there are, as the foreman knows them; for whoever looks at the floor. */
  readonly lanes: readonly PlanLane[]
  /** Lanes that take nothing new, and why. */
  readonly pausedLanes: Readonly<Record<string, string>>
}

/** A floor on which nothing has happened yet. */
export const emptyFloor: FloorDocument = {
  format: 1,
  mode: 'running',
  attention: 3,
  maxAttempts: 3,
  nextTask: 1,
  tasks: {},
  lanes: [],
  pausedLanes: {},
}

/** Tasks that are over and stay in the document: the newest. */
const keptTasks = 100
/** Characters of these together: what is to be done needs the rest of the document. */
const keptChars = 120_000

/** Characters of all tasks together: the document of a session holds 262,144, and attempts still add to it. */
const maxChars = 180_000

/** Why there is no room for what the tasks would be now; nothing where there is. */
export function noRoom({ tasks }: FloorDocument): string | undefined {
  return JSON.stringify(tasks).length > maxChars
    ? `The tasks on the floor would have more than ${maxChars} characters. Finish or reject some first, or keep long texts in the repository and name them.`
    : undefined
}

/** The document, or a floor on which nothing has happened where there is none. */
export function floorOf(document: unknown): FloorDocument {
  const isFloor = typeof document === 'object' && document !== null && 'format' in document && document.format === 1
  // Only `decideFloor` and `settleAttempt` write it, and a person with the right to patch it is trusted with it.
  return isFloor ? (document as FloorDocument) : emptyFloor
}

/** The same with another task in it; of those that are over the oldest leave where there are too many, or they say too much. */
export function withTask(floor: FloorDocument, task: Task): FloorDocument {
  const tasks = { ...floor.tasks, [task.id]: task }
  const over = Object.values(tasks).filter(isOver)
  const needed = new Set(Object.values(tasks).flatMap((other) => (isOver(other) ? [] : other.dependsOn)))
  const sizes = over.map((one) => JSON.stringify(one).length)
  let left = over.length
  let chars = sizes.reduce((sum, size) => sum + size, 0)
  for (const [index, { id }] of over.entries()) {
    if (left <= keptTasks && chars <= keptChars) break
    if (needed.has(id)) continue
    delete tasks[id]
    left -= 1
    chars -= sizes[index] ?? 0
  }
  return { ...floor, tasks }
}

/** Whether nothing more happens to a task by itself. */
export function isOver({ state }: Task): boolean {
  return state.status === 'done' || state.status === 'rejected'
}
