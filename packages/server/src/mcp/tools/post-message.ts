import { object } from '@headrace/core'
import { create, createIf, retryId, session, text } from '../input.ts'
import { adds, tool, type McpTool } from '../tool.ts'

/** Says something that no agent need answer. */
export const postMessage: McpTool = tool({
  name: 'post_message',
  title: 'Post a message',
  description:
    'Says something in a session without asking an agent for an answer: a note for people and for agents that read it later. To get an answer use send_message.',
  effect: adds,
  input: object({ session, text, create, retry_id: retryId }),
  async run({ session: id, text: words, create: makes, retry_id: retry }, { sessions }) {
    await createIf(sessions, id, makes)
    const { outcome, seq } = await sessions.submit(id, { type: 'post', parts: [{ kind: 'text', text: words }] }, retry)
    return { outcome, session: id, seq }
  },
})
