import { HeadraceError, integer, object, optional, sessionId, type Message, type SessionId } from '@headrace/core'
import type { McpSessions } from '../mcp-sessions.ts'
import { showMessage } from '../show-message.ts'
import { described, reads, tool, type McpTool } from '../tool.ts'

const textChars = 20_000
const dataChars = 8_000
const position = integer(1, Number.MAX_SAFE_INTEGER)

/** One message whole, or as much of it as fits. */
export const readMessage: McpTool = tool({
  name: 'read_message',
  title: 'Read a long message',
  description: `Shows one message of a session, ${textChars} characters of its text at a time. For messages that read_session or search_messages have cut.`,
  effect: reads,
  input: object({
    session: described(sessionId, 'Id of the session.'),
    seq: described(position, 'The `seq` of the message, as it was shown.'),
    from: described(
      optional(integer(0, Number.MAX_SAFE_INTEGER)),
      'Character of its text to begin with, as `cut.next` said. Default 0.',
    ),
  }),
  async run({ session, seq, from = 0 }, { sessions }) {
    const message = await findMessage(sessions, session, seq)
    if (message) return { session, message: showMessage(message, { textChars, dataChars, from }) }
    const text = `No message that you may see begins at seq ${seq} in ${session}. Take the seq that read_session shows.`
    throw new HeadraceError('message_not_found', text, { detail: { session, seq } })
  },
})

async function findMessage(sessions: McpSessions, session: SessionId, seq: number): Promise<Message | undefined> {
  const hot = (await sessions.view(session)).messages.find((message) => message.seq === seq)
  if (hot) return hot
  const { messages } = await sessions.messages(session, { before: seq + 1, limit: 1 })
  return messages.find((message) => message.seq === seq)
}
