import { integer, object, optional, string } from '@headrace/core'
import { showRequest } from '../show-request.ts'
import { described, reads, tool, type McpTool } from '../tool.ts'

/** What waits for the caller. */
export const readInbox: McpTool = tool({
  name: 'read_inbox',
  title: 'Read the inbox',
  description:
    'Lists what waits for you in all sessions: requests that you may answer (answer_request), work that you asked for and that failed, messages that mention you, what you have not read.',
  effect: reads,
  input: object({
    limit: described(optional(integer(1, 50)), 'In how many sessions to look, 1 to 50. Default 20.'),
    cursor: described(optional(string({ min: 1, max: 512 })), 'The `cursor` of the page before.'),
  }),
  async run({ limit = 20, cursor }, { sessions }) {
    const page = await sessions.inbox({ limit, ...(cursor !== undefined && { cursor }) })
    return {
      entries: page.entries.map(({ at, request, ...entry }) => ({
        ...entry,
        at: new Date(at).toISOString(),
        ...(request && { request: showRequest(request) }),
      })),
      ...(page.cursor !== undefined && { cursor: page.cursor }),
    }
  },
})
