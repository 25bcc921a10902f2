import { Command, Option } from 'commander'
import type { SendOptions } from '../send/send.ts'
import { withTarget } from './options.ts'

export function sendCommand(): Command {
  return withTarget(new Command('send'))
    .description('Send a message to a session, for an agent to answer.')
    .argument('<session>', 'id of the session')
    .argument('<text...>', 'the message; - reads it from standard input')
    .option('--agent <name>', "who should answer; default the session's agent")
    .addOption(
      new Option('--policy <policy>', 'when the agent is busy').choices(['queue', 'parallel', 'interrupt', 'reject']),
    )
    .option('--create', 'create the session if there is none')
    .option('--follow', 'wait for the answer and print it')
    .addHelpText(
      'after',
      `
Without --follow it prints the seq that the message has in the session.
With --follow the answer goes to standard output; Ctrl-C stops waiting, not the agent.
A message to an agent that is not there waits until it comes; that it does, and which agents are there, is said.

Examples:
  headrace send team/plan "What is left to do?" --follow
  git diff | headrace send review/42 - --agent critic --create --follow`,
    )
    .action(async (session: string, text: readonly string[], options: SendOptions) => {
      const { send } = await import('../send/send.ts')
      await send(session, text, options)
    })
}
