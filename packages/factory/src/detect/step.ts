import type { Json } from '@headrace/core'

/** What a call does, whatever its tool is named. */
export type CallKind = 'read' | 'list' | 'search' | 'edit' | 'delete' | 'execute' | 'think' | 'talk' | 'other'

/**
 * One thing that an agent did, as a detector sees it: a call with what came of it, or words without a call. Everything
 * but `tool` may be left out; a rule that needs what is not there says nothing.
 */
export interface Step {
  /** Name of the tool, or `''` where the agent only spoke. */
  readonly tool: string
  readonly args?: Json
  /** Kind as the agent's protocol says it; without it it is guessed from the tool and its arguments. */
  readonly kind?: CallKind
  /** What the call gave back, as text. Only its beginning and its end are looked at. */
  readonly result?: string
  /** Whether the tool itself says that it failed; without it the text of the result decides. */
  readonly failed?: boolean
  /** What the agent said before the call. */
  readonly text?: string
  /** Digest of the difference to the base, after the step. */
  readonly diff?: string
  /** Names of the tests that fail after the step; only where they were run. */
  readonly failing?: readonly string[]
  /** Tokens that were used since the step before. */
  readonly tokens?: number
  /** Digest of the plan, or of how far it is. */
  readonly plan?: string
  /** When it ended, in ms of any clock that does not go back. */
  readonly at?: number
}
