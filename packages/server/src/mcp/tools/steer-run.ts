import { object, serverId } from '@headrace/core'
import { session, text } from '../input.ts'
import { adds, described, tool, type McpTool } from '../tool.ts'

/** Says something to an agent at work. */
export const steerRun: McpTool = tool({
  name: 'steer_run',
  title: 'Steer a run',
  description:
    'Says something to an agent that is at work, so that it takes it into account in what it is doing now. If it is done before, the message becomes its next input. To stop it use cancel_runs; for new work use send_message.',
  effect: adds,
  input: object({
    session,
    run: described(serverId, 'Id of the run, as read_session shows it. It must not have ended.'),
    text,
  }),
  async run({ session: id, run, text: words }, { sessions }) {
    const { outcome, seq } = await sessions.submit(id, {
      type: 'steer',
      run,
      parts: [{ kind: 'text', text: words }],
    })
    return { outcome, session: id, run, seq }
  },
})
