import { Command } from 'commander'
import type { SessionsOptions } from '../sessions/sessions.ts'
import { option, whole, withTarget } from './options.ts'

export function sessionsCommand(): Command {
  return withTarget(new Command('sessions'))
    .description('List sessions, the last changed first.')
    .option('-n, --limit <count>', 'how many', whole(1, 10_000), 20)
    .addOption(option('--json', 'print rows as JSON, one per line'))
    .addHelpText(
      'after',
      `
Examples:
  headrace sessions
  headrace sessions --json --limit 1000 | jq -r .id`,
    )
    .action(async (options: SessionsOptions) => {
      const { sessions } = await import('../sessions/sessions.ts')
      await sessions(options)
    })
}
