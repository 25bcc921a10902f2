import { clientId, optional, onlyTrue, sessionId, string, type Schema } from '@headrace/core'
import type { McpSessions } from './mcp-sessions.ts'
import { described } from './tool.ts'

/** Arguments of tools that write into a session. */
export const session: Schema<string> = described(sessionId, 'Id of the session.')
export const text: Schema<string> = described(string({ min: 1, max: 200_000 }), 'What to say.')
export const create: Schema<true> & { readonly optional: true } = described(
  optional(onlyTrue()),
  'true: makes the session if there is none with this id.',
)
export const retryId: Schema<string> & { readonly optional: true } = described(
  optional(clientId),
  'An id that you choose for this message (letters, digits, . _ : -). When you do not know whether a call was done, call again with the same id: the message is there once.',
)

/** Makes a session where that is asked for; there is no harm in one that is there already. */
export async function createIf(sessions: McpSessions, id: string, asked: true | undefined): Promise<void> {
  if (asked) await sessions.submit(id, { type: 'create' })
}
