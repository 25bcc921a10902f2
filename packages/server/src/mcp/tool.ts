import type { HeadraceError, Json, JsonObject, Schema } from '@headrace/core'
import type { McpSessions } from './mcp-sessions.ts'

/** What a tool works with. */
export interface ToolContext {
  readonly sessions: McpSessions
  /** Aborted when the caller no longer wants the result. */
  readonly signal: AbortSignal
  /** Makes an error that the caller may read. */
  readonly publicError: (thrown: unknown) => HeadraceError
}

/** What a tool does, for clients that ask people before some calls. */
export interface ToolEffect {
  /** It changes nothing. */
  readonly readOnlyHint: boolean
  /** It may end or set off what can't be taken back. */
  readonly destructiveHint: boolean
  /** Calling it again with the same arguments changes nothing more. */
  readonly idempotentHint: boolean
  /** Sessions are all that it reaches. */
  readonly openWorldHint: false
}

/** Reads only. */
export const reads: ToolEffect = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
}
/** Adds to a session; each call adds again. */
export const adds: ToolEffect = { ...reads, readOnlyHint: false, idempotentHint: false }
/** What it does can't be taken back. Doing it again does nothing. */
export const settles: ToolEffect = { ...reads, readOnlyHint: false, destructiveHint: true }

/** A tool for a model, whatever it is called through. */
export interface McpTool {
  readonly name: string
  readonly title: string
  /** For the model: what it does, when to use it, what to do next. */
  readonly description: string
  /** JSON Schema of its arguments. */
  readonly input: JsonObject
  readonly effect: ToolEffect
  /** @throws HeadraceError */
  call(input: unknown, context: ToolContext): Promise<Json>
}

interface ToolDefinition<T> extends Omit<McpTool, 'input' | 'call'> {
  readonly input: Schema<T>
  readonly run: (input: T, context: ToolContext) => Promise<Json>
}

/** A tool whose arguments are checked before it runs. */
export function tool<T>({ input, run, ...rest }: ToolDefinition<T>): McpTool {
  return {
    ...rest,
    input: input.json,
    call: async (given, context) => run(input.parse(given ?? {}, 'arguments'), context),
  }
}

/** A shape with words for the model. */
export function described<S extends Schema<unknown>>(shape: S, description: string): S {
  return { ...shape, json: { ...shape.json, description } }
}
