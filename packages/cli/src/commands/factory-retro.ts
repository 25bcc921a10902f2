import { Command, InvalidArgumentError, Option } from 'commander'
import type { FloorTarget } from '../factory/floor-target.ts'
import type { RetroOptions } from '../factory/retro.ts'
import type { WorkOptions } from '../factory/work.ts'
import { withFloor, withVault } from './factory-options.ts'

/** What is learned from attempts, and what follows from it. */
export function retroCommands(): readonly Command[] {
  return [retroCommand(), proposalsCommand()]
}

function retroCommand(): Command {
  return withFloor(new Command('retro'))
    .description('What attempts came to, what they cost, and what is to be learned, with the events that say so.')
    .addOption(
      new Option('--day [date]', 'a day together, as in 2026-11-26 (default: the newest)').argParser(dayOption),
    )
    .addOption(new Option('--task <task>', 'only attempts at this task'))
    .addOption(new Option('--json', 'print JSON, one a line'))
    .addHelpText(
      'after',
      `
It reads the whole logs of the lanes, so nothing is too old for it. Days are in UTC.

Examples:
  headrace factory retro --day
  headrace factory retro --task T7 --json`,
    )
    .action(async (options: RetroOptions) => {
      const { retro } = await import('../factory/retro.ts')
      await retro(options)
    })
}

function dayOption(text: string): string {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) throw new InvalidArgumentError('It must be a day such as 2026-11-26.')
  return text
}

function proposalsCommand(): Command {
  const proposals = new Command('proposals')
    .description('What retrospectives propose to change in skills and mandates.')
    .addHelpText(
      'after',
      `
An open floor makes them by itself when the same thing has gone wrong three times with one version of a skill; no more
than three wait at a time.

Examples:
  headrace factory proposals list
  headrace factory proposals accept T12
  headrace factory proposals reject T12 --reason "The guard was wrong"`,
    )
  proposals.addCommand(
    withFloor(new Command('list'))
      .description('Those that wait, each with its evidence and its difference.')
      .addOption(new Option('--all', 'also those that were taken or rejected'))
      .addOption(new Option('--json', 'print their tasks as JSON, one a line'))
      .action(async (options: FloorTarget & { readonly json?: boolean; readonly all?: boolean }) => {
        const { listProposals } = await import('../factory/retro.ts')
        await listProposals(options)
      }),
  )
  proposals.addCommand(
    withVault(withFloor(new Command('accept')))
      .description('Take one: its difference goes through the gate as a commit of its own.')
      .argument('<task>', 'as in T12')
      .action(async (id: string, options: FloorTarget & WorkOptions) => {
        const { acceptProposal } = await import('../factory/retro.ts')
        await acceptProposal(id, options)
      }),
  )
  proposals.addCommand(
    withFloor(new Command('reject'))
      .description('Say that it will not be done; it is not proposed again.')
      .argument('<task>', 'as in T12')
      .requiredOption('--reason <text>', 'why; it is kept')
      .action(async (id: string, options: FloorTarget & { readonly reason: string }) => {
        const { ask } = await import('../factory/ask.ts')
        await ask({ ask: 'reject-task', task: id, reason: options.reason }, options)
      }),
  )
  return proposals
}
