/** What a scripted agent does: real files and real commands in a real clone, and no model. For demonstrations and tests. */
import { array, boolean, integer, object, oneOf, optional, string, type Schema } from '@headrace/core'

export interface ScriptStep {
  readonly do:
    | 'say'
    | 'think'
    /** Sets `text` as the file `path`. */
    | 'write'
    | 'remove'
    /** Runs `argv` in the clone; its output is the result of the call. */
    | 'run'
    /** Asks whether it may run `argv`, and does not when it may not. */
    | 'ask'
    | 'wait'
    /** Says nothing more and does nothing more, also when it is asked to stop. */
    | 'hang'
    /** Ends its process with `count` as the code. */
    | 'exit'
    /** Writes `text` to its output as it is, which is not the protocol. */
    | 'garbage'
    /** Says `count` characters. */
    | 'flood'
    /** Starts a process that leaves its session and lives for `ms`. */
    | 'daemon'
  readonly text?: string
  readonly path?: string
  readonly argv?: readonly string[]
  readonly ms?: number
  readonly count?: number
  /** How often. Default 1. */
  readonly times?: number
  /** It shows the call first, and asks without saying again what the call is. */
  readonly shown?: boolean
  /** Asked to stop, it goes on. */
  readonly deaf?: boolean
}

/** One list of steps for each time it is spoken to; the last one is for all that come after. */
export interface Script {
  readonly turns: readonly (readonly ScriptStep[])[]
  /** How long each step takes at least, in ms: agents think before they act. Default 0. */
  readonly paceMs?: number
}

const step: Schema<ScriptStep> = object({
  do: oneOf('say', 'think', 'write', 'remove', 'run', 'ask', 'wait', 'hang', 'exit', 'garbage', 'flood', 'daemon'),
  text: optional(string()),
  path: optional(string({ min: 1 })),
  argv: optional(array(string(), { min: 1, max: 64 })),
  ms: optional(integer(0, 3_600_000)),
  count: optional(integer(0, Number.MAX_SAFE_INTEGER)),
  times: optional(integer(1, 1_000_000)),
  shown: optional(boolean()),
  deaf: optional(boolean()),
})

export const script: Schema<Script> = object({
  turns: array(array(step, { max: 1_000 }), { min: 1, max: 100 }),
  paceMs: optional(integer(0, 60_000)),
})
