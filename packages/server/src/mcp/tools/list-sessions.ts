import { integer, object, oneOf, optional, string, type SessionRow } from '@headrace/core'
import { clipJson } from '../clip.ts'
import { described, reads, tool, type McpTool } from '../tool.ts'

const metadataChars = 500

/** Sessions, the newest change first. */
export const listSessions: McpTool = tool({
  name: 'list_sessions',
  title: 'List sessions',
  description:
    'Lists the sessions that you may read, the newest change first. A session is a conversation between people and agents. Use it to find the id that all other tools need; to find words in messages use search_messages.',
  effect: reads,
  input: object({
    limit: described(optional(integer(1, 100)), 'How many, 1 to 100. Default 20.'),
    status: described(
      optional(oneOf('active', 'waiting', 'idle')),
      'Only sessions where an agent works (active), where work waits for an agent or for somebody (waiting), or where nothing is to be done (idle).',
    ),
    cursor: described(optional(string({ min: 1, max: 512 })), 'The `cursor` of the page before.'),
  }),
  async run({ limit = 20, ...query }, { sessions }) {
    const { rows, cursor } = await sessions.list({ limit, ...query })
    return { sessions: rows.map((row) => showRow(row)), ...(cursor !== undefined && { cursor }) }
  },
})

function showRow({ id, metadata, status, messages, openRuns, updatedAt, archived, inbox }: SessionRow): {
  readonly [key: string]: ReturnType<typeof clipJson>
} {
  return {
    session: id,
    status,
    messages,
    updatedAt: new Date(updatedAt).toISOString(),
    ...(openRuns > 0 && { openRuns }),
    ...(archived && { archived }),
    ...(inbox.length > 0 && { waitsForYou: inbox.length }),
    ...(Object.keys(metadata).length > 0 && { metadata: clipJson(metadata, metadataChars) }),
  }
}
