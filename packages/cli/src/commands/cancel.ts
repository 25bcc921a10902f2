import { Command, Option } from 'commander'
import type { CancelOptions } from '../cancel/cancel.ts'
import { withTarget } from './options.ts'

export function cancelCommand(): Command {
  return withTarget(new Command('cancel'))
    .description('Stop what agents do in a session. What they have written stays.')
    .argument('<session>', 'id of the session')
    .addOption(new Option('--run <id>', 'one run, as `headrace tail` shows it').conflicts(['agent', 'all']))
    .addOption(new Option('--agent <name>', 'all runs of an agent').conflicts(['run', 'all']))
    .addOption(new Option('--all', 'all runs (default)').conflicts(['run', 'agent']))
    .addHelpText(
      'after',
      `
Examples:
  headrace cancel team/plan
  headrace cancel team/plan --agent writer
  headrace cancel team/plan --run r13`,
    )
    .action(async (session: string, options: CancelOptions) => {
      const { cancel } = await import('../cancel/cancel.ts')
      await cancel(session, options)
    })
}
