import {
  integer,
  isOpen,
  object,
  optional,
  sessionId,
  type Json,
  type Message,
  type SessionId,
  type SessionView,
} from '@headrace/core'
import { clipJson } from '../clip.ts'
import type { McpSessions } from '../mcp-sessions.ts'
import { showMessage } from '../show-message.ts'
import { showRequest } from '../show-request.ts'
import { showRun } from '../show-run.ts'
import { described, reads, tool, type McpTool } from '../tool.ts'

const textChars = 4_000
const dataChars = 500
/** Most characters of all messages of a page. */
const pageChars = 40_000
/** What is over is shown as far as it may still matter. */
const newestEnded = 5
const documentChars = 4_000

/** What a session is and what was said in it. */
export const readSession: McpTool = tool({
  name: 'read_session',
  title: 'Read a session',
  description:
    'Shows a session: which agents work in it, what waits for an answer, who drives, and the newest messages, oldest of them first. For older messages call it again with `before` as the answer says; long messages are cut and read whole with read_message.',
  effect: reads,
  input: object({
    session: described(sessionId, 'Id of the session.'),
    limit: described(optional(integer(1, 100)), 'How many messages, 1 to 100. Default 20.'),
    before: described(
      optional(integer(1, Number.MAX_SAFE_INTEGER)),
      'Only messages before this `seq`, and nothing else of the session.',
    ),
  }),
  async run({ session, limit = 20, before }, { sessions }) {
    const view = await sessions.view(session)
    const page = await messagesBefore(sessions, view, { before: before ?? Number.MAX_SAFE_INTEGER, limit })
    const shown = newest(page.messages)
    const [oldest] = shown
    const more = page.more || shown.length < page.messages.length
    return {
      ...(before === undefined ? showState(view) : { session }),
      messages: shown.map(({ json }) => json),
      ...(more && oldest && { older: { before: oldest.seq } }),
    }
  },
})

interface MessagesBefore {
  readonly messages: readonly Message[]
  readonly more: boolean
}

/** The newest messages before a position. One that was long in the writing can be hot among older ones that are not. */
async function messagesBefore(
  sessions: McpSessions,
  view: SessionView,
  { before, limit }: { readonly before: number; readonly limit: number },
): Promise<MessagesBefore> {
  const hot = view.messages.filter(({ seq }) => seq < before)
  const hasCold = view.older > 0 || Object.keys(view.olderFor ?? {}).length > 0
  const cold = hasCold ? await sessions.messages(view.id, { before, limit }) : { messages: [], more: false }
  const byId = new Map([...cold.messages, ...hot].map((message) => [message.id, message]))
  const all = [...byId.values()].sort((a, b) => a.seq - b.seq)
  return { messages: all.slice(-limit), more: cold.more || all.length > limit }
}

/** The newest within the bound, oldest first, and at least one where there is one. */
function newest(messages: readonly Message[]): readonly { readonly seq: number; readonly json: Json }[] {
  const shown: { readonly seq: number; readonly json: Json }[] = []
  let chars = 0
  for (const message of messages.toReversed()) {
    const json = showMessage(message, { textChars, dataChars })
    chars += JSON.stringify(json).length
    if (chars > pageChars && shown.length > 0) break
    shown.push({ seq: message.seq, json })
  }
  return shown.reverse()
}

function showState(view: SessionView): { readonly [key: string]: Json } {
  const { id, seq, agent, policy, archived, metadata, floor, document, presence } = view
  const open = view.requests.filter(isOpen)
  const people = [...new Set(presence.map(({ actor }) => actor))]
  return {
    session: id satisfies SessionId,
    seq,
    agent,
    policy,
    ...(archived && { archived }),
    ...(Object.keys(metadata).length > 0 && { metadata: clipJson(metadata, documentChars) }),
    ...(floor.holder && { floor: { holder: floor.holder.actor, note: 'Agents hold still until it is handed back.' } }),
    ...(people.length > 0 && { present: people }),
    ...(document.version > 0 && {
      document: { version: document.version, value: clipJson(document.value, documentChars) },
    }),
    runs: [
      ...view.runs.filter(({ status }) => status === 'ended').slice(-newestEnded),
      ...view.runs.filter(({ status }) => status !== 'ended'),
    ].map((run) => showRun(run)),
    requests: [...view.requests.filter((request) => !isOpen(request)).slice(-newestEnded), ...open].map((request) =>
      showRequest(request),
    ),
  }
}
