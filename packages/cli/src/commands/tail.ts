import { Command } from 'commander'
import type { TailOptions } from '../tail/tail.ts'
import { option, whole, withTarget } from './options.ts'

export function tailCommand(): Command {
  return withTarget(new Command('tail'))
    .description('Follow a session in the terminal. Goes on by itself when the server comes back.')
    .argument('<session>', 'id of the session')
    .option('--after <seq>', 'begin after this event; 0 is the beginning', whole(0, Number.MAX_SAFE_INTEGER))
    .option('-n, --messages <count>', 'how many of the newest messages to print first', whole(0, 1_000), 10)
    .addOption(option('--json', 'print events as JSON, one per line'))
    .addHelpText(
      'after',
      `
Without --after it prints the newest messages and then what comes. With --json it prints what comes.

Examples:
  headrace tail team/plan
  headrace tail team/plan --after 0 --json | jq .type
  headrace tail team/plan --url https://chat.example.com`,
    )
    .action(async (session: string, options: TailOptions) => {
      const { tail } = await import('../tail/tail.ts')
      await tail(session, options)
    })
}
