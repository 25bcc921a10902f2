import { Command } from 'commander'
import { defaultData } from '../data-directory.ts'
import type { SalvageCommandOptions } from '../salvage/salvage.ts'
import { option } from './options.ts'

export function salvageCommand(): Command {
  return new Command('salvage')
    .description('Copy what is whole out of a damaged data directory. The damaged one is only read.')
    .addOption(option('--data <directory>', 'the damaged data directory; no server may hold it').default(defaultData))
    .requiredOption('--to <directory>', 'a new directory for the sessions that are whole')
    .addOption(option('--json', 'print what was found as JSON'))
    .addHelpText(
      'after',
      `
Sessions that are not whole are named, and what can be read of their events is put into lost/ of the new directory.
Only sessions are copied: a signing secret that serve made stays in the old directory.
Exit code 0: every session is whole. 1: some are not, or the newest writes may be missing.

Examples:
  headrace salvage --to ./salvaged
  headrace salvage --data /var/lib/headrace --to /var/lib/headrace-2 --json`,
    )
    .action(async (options: SalvageCommandOptions) => {
      const { salvage } = await import('../salvage/salvage.ts')
      await salvage(options)
    })
}
