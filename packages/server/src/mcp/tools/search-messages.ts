import { integer, object, optional, string } from '@headrace/core'
import { described, reads, tool, type McpTool } from '../tool.ts'

/** Finds messages by their words. */
export const searchMessages: McpTool = tool({
  name: 'search_messages',
  title: 'Search messages',
  description:
    'Finds messages by their words in all sessions that you may read, the newest first. All of the words must be in a message; the last one may be the beginning of a word. It looks for words and not for meaning: try others when nothing is found. Read around a hit with read_session and `before` a little above its `seq`.',
  effect: reads,
  input: object({
    words: described(string({ min: 1, max: 512 }), 'What to look for, for example "refund lisbon".'),
    limit: described(optional(integer(1, 50)), 'How many hits, 1 to 50. Default 20.'),
    cursor: described(
      optional(string({ min: 1, max: 512 })),
      'The `cursor` of the page before. While there is one there may be more, also after an empty page.',
    ),
  }),
  async run({ words, limit = 20, cursor }, { sessions }) {
    const found = await sessions.search(words, { limit, ...(cursor !== undefined && { cursor }) })
    return {
      hits: found.hits.map(({ at, ...hit }) => ({ ...hit, at: new Date(at).toISOString() })),
      ...(found.cursor !== undefined && { cursor: found.cursor }),
    }
  },
})
