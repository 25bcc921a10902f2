import { agentName, object, oneOf, optional, type RunId, type SessionView } from '@headrace/core'
import { answersOf, waitSeconds } from '../answer.ts'
import { create, createIf, retryId, session, text } from '../input.ts'
import { adds, described, tool, type McpTool } from '../tool.ts'

/** Asks an agent for something. */
export const sendMessage: McpTool = tool({
  name: 'send_message',
  title: 'Send a message to an agent',
  description:
    'Says something in a session that an agent there shall answer, which starts a run of it. Waits for the answer if you ask it to; if it is not there in time, the work goes on and wait_for_answer gets it. The agent may ask for an approval before it is done.',
  effect: adds,
  input: object({
    session,
    text,
    agent: described(optional(agentName), 'Which agent shall answer. Default: the one that the session has.'),
    policy: described(
      optional(oneOf('queue', 'steer', 'interrupt', 'parallel', 'reject')),
      'What happens if that agent is at work in this session: queue (after it), steer (hand it to the agent at work), interrupt (stop that work), parallel (beside it), reject. Default: what the session says.',
    ),
    wait_seconds: waitSeconds(0),
    create,
    retry_id: retryId,
  }),
  async run(input, context) {
    const { session: id, text: words, agent, policy, wait_seconds: seconds = 0 } = input
    await createIf(context.sessions, id, input.create)
    const command = {
      type: 'send',
      parts: [{ kind: 'text', text: words }],
      ...(agent !== undefined && { agent }),
      ...(policy !== undefined && { policy }),
    } as const
    const { outcome, seq } = await context.sessions.submit(id, command, input.retry_id)
    const runs = (view: SessionView): readonly RunId[] => startedBy(view, seq)
    const sent = { outcome, session: id, seq }
    try {
      return { ...sent, ...(await answersOf(context, id, { runs, waitMs: seconds * 1_000, atLeast: seq })) }
    } catch (thrown) {
      if (context.signal.aborted) throw thrown
      // It is sent all the same, and must not be sent again.
      const { code, message } = context.publicError(thrown)
      return { ...sent, note: `It is sent, but the answer can't be shown. ${code}: ${message}` }
    }
  },
})

/** What an input came to: the run that its last event has queued, or the one that it steered. */
function startedBy({ runs }: SessionView, seq: number): readonly RunId[] {
  const queued = runs.find(({ id }) => id === `r${seq}`)
  if (queued) return [queued.id]
  return runs.filter(({ steers = [] }) => steers.some(({ message }) => message === `m${seq - 1}`)).map(({ id }) => id)
}
