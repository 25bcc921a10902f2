import { HeadraceError, object, serverId, type Run } from '@headrace/core'
import { answersOf, waitSeconds } from '../answer.ts'
import { session } from '../input.ts'
import { described, reads, tool, type McpTool } from '../tool.ts'

/** Waits for what an agent is doing. */
export const waitForAnswer: McpTool = tool({
  name: 'wait_for_answer',
  title: 'Wait for an answer',
  description:
    'Waits until a run is over, or until its agent needs an answer from somebody, and shows what it has said. Call it again while `done` is false and the agent works. Waiting or not changes nothing for the agent.',
  effect: reads,
  input: object({
    session,
    run: described(serverId, 'Id of the run, as send_message or read_session show it.'),
    wait_seconds: waitSeconds(25),
  }),
  async run({ session: id, run, wait_seconds: seconds = 25 }, context) {
    const { runs, seq } = await context.sessions.view(id)
    if (!runs.some((known) => known.id === run)) throw unknownRun(id, run, runs)
    return {
      session: id,
      ...(await answersOf(context, id, { runs: () => [run], waitMs: seconds * 1_000, atLeast: seq })),
    }
  },
})

function unknownRun(session: string, run: string, runs: readonly Run[]): HeadraceError {
  const known = runs.map(({ id }) => id).slice(-5)
  const text = `${session} has no open or recent run ${run}. The newest are: ${known.join(', ') || 'none'}. What older runs said is among the messages: read_session.`
  return new HeadraceError('run_not_found', text, { detail: { run } })
}
