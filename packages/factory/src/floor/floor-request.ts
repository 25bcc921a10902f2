import { array, integer, object, oneOf, onlyTrue, optional, string, tagged, type Schema } from '@headrace/core'
import type { Signature } from './signature.ts'
import type { LaneKind, Priority, TaskSource } from './task.ts'

/** What a person asks of the floor. */
export type FloorRequest =
  | {
      readonly ask: 'add-task'
      readonly title: string
      readonly body?: string
      readonly kind?: LaneKind
      readonly priority?: Priority
      readonly source?: TaskSource
      readonly dependsOn?: readonly string[]
      readonly acceptance?: readonly string[]
      readonly lane?: string
      /** By what a proposal is known again. */
      readonly signature?: Signature
      /** It waits until somebody accepts it. */
      readonly proposed?: true
    }
  /** Takes a proposal, says that reviewed work was taken, or gives a parked task another set of tries. */
  | { readonly ask: 'accept-task'; readonly task: string; readonly reason?: string }
  | { readonly ask: 'reject-task'; readonly task: string; readonly reason: string }
  /** What a retrospective proposed was taken through the gate, and is this commit of the base. */
  | { readonly ask: 'proposal-landed'; readonly task: string; readonly commit: string }
  | { readonly ask: 'prioritise'; readonly task: string; readonly priority: Priority }
  /** Gives a task its place among those that are to be done. What is left out stays as it is. */
  | {
      readonly ask: 'move-task'
      readonly task: string
      readonly priority?: Priority
      /** Only this lane may take it. */
      readonly lane?: string
      /** Whatever lane fits may take it. */
      readonly anyLane?: true
      /** It comes right before, or after, this task that is ready, and is as urgent. */
      readonly before?: string
      readonly after?: string
    }
  /** `on`: all that it depends on from now. */
  | { readonly ask: 'depend-task'; readonly task: string; readonly on: readonly string[] }
  /** Puts away what the lane is doing; the task begins anew, with this reason as its lesson. */
  | { readonly ask: 'nuke'; readonly lane: string; readonly reason: string }
  /** Brings back the clone of an attempt that was given up, as in `t7-1`. The attempt itself does not go on. */
  | { readonly ask: 'undo'; readonly attempt: string }
  /** The last verdict on the task was wrong: it does not go in circles. It is kept as data, and the ladder begins anew. */
  | { readonly ask: 'overrule'; readonly task: string; readonly reason: string }
  /** The lane takes nothing new. */
  | { readonly ask: 'pause-lane'; readonly lane: string; readonly reason?: string }
  | { readonly ask: 'resume-lane'; readonly lane: string }
  | { readonly ask: 'set-mode'; readonly mode: 'running' | 'paused' | 'stopped' }
  | { readonly ask: 'set-attention'; readonly lanes: number }

const name: Schema<string> = string({ pattern: /^[a-z0-9][a-z0-9-]{0,62}$/, called: 'the name of a lane' })
const task: Schema<string> = string({ pattern: /^T[1-9]\d{0,8}$/, called: 'a task such as T7' })
const reason: Schema<string> = string({ min: 1, max: 4_096 })
const priority = integer(0, 3) as Schema<Priority> // the four whole numbers from 0 to 3

export const laneKind: Schema<LaneKind> = oneOf('ci', 'feature', 'bug', 'horizon', 'docs', 'custom')

/** The shape of a request, as it comes in a data part. */
export const floorRequest: Schema<FloorRequest> = tagged('ask', {
  'add-task': object({
    title: string({ min: 1, max: 256 }),
    body: optional(string({ max: 16_384 })),
    kind: optional(laneKind),
    priority: optional(priority),
    source: optional(object({ kind: string({ min: 1, max: 64 }), ref: string({ min: 1, max: 512 }) })),
    dependsOn: optional(array(task, { max: 32 })),
    acceptance: optional(array(string({ min: 1, max: 1_024 }), { max: 32 })),
    lane: optional(name),
    signature: optional(
      object({
        source: string({ min: 1, max: 64 }),
        subject: string({ max: 512 }),
        parts: array(string({ min: 1, max: 200 }), { max: 100 }),
      }),
    ),
    proposed: optional(onlyTrue()),
  }),
  'accept-task': object({ task, reason: optional(reason) }),
  'reject-task': object({ task, reason }),
  'proposal-landed': object({
    task,
    commit: string({ pattern: /^[0-9a-f]{40,64}$/, called: 'the id of a commit' }),
  }),
  prioritise: object({ task, priority }),
  'move-task': object({
    task,
    priority: optional(priority),
    lane: optional(name),
    anyLane: optional(onlyTrue()),
    before: optional(task),
    after: optional(task),
  }),
  'depend-task': object({ task, on: array(task, { max: 32 }) }),
  nuke: object({ lane: name, reason }),
  undo: object({ attempt: string({ pattern: /^t[1-9]\d{0,8}-[1-9]\d{0,8}$/, called: 'an attempt such as t7-1' }) }),
  overrule: object({ task, reason }),
  'pause-lane': object({ lane: name, reason: optional(reason) }),
  'resume-lane': object({ lane: name }),
  'set-mode': object({ mode: oneOf('running', 'paused', 'stopped') }),
  'set-attention': object({ lanes: integer(0, 100) }),
})
