import { Command, Option } from 'commander'
import type { EraseOptions, ExportOptions, ForkOptions, ShareOptions } from '../history/history.ts'
import { parseDuration } from '../terminal/duration.ts'
import { whole, withTarget } from './options.ts'

/** Commands for whole sessions: copies, exports, and taking them out. */
export function historyCommands(): readonly Command[] {
  return [forkCommand(), exportCommand(), eraseCommand(), shareCommand()]
}

function forkCommand(): Command {
  return withTarget(new Command('fork'))
    .description('Copy a session as it was at an event; the copy goes on by itself. Prints its id.')
    .argument('<session>', 'id of the session')
    .option('--at <seq>', 'the last event of the copy (default: the last one)', whole(1, 999_999_999_999))
    .option('--id <id>', 'id of the copy (default: one is made)')
    .addHelpText(
      'after',
      `
Examples:
  headrace fork team/plan
  headrace fork team/plan --at 120 --id team/plan-b`,
    )
    .action(async (session: string, options: ForkOptions) => {
      const { fork } = await import('../history/history.ts')
      await fork(session, options)
    })
}

function exportCommand(): Command {
  return withTarget(new Command('export'))
    .description('Write a session as JSON lines, each bound to the one before by its hash.')
    .argument('<session>', 'id of the session')
    .option('-o, --output <file>', 'a new file (default: standard output)')
    .addHelpText(
      'after',
      `
Examples:
  headrace export team/plan -o plan.jsonl
  headrace verify plan.jsonl`,
    )
    .action(async (session: string, options: ExportOptions) => {
      const { exportSession } = await import('../history/history.ts')
      await exportSession(session, options)
    })
}

function eraseCommand(): Command {
  return withTarget(new Command('erase'))
    .description('Take a session, or the content of one message, out for good. Needs the verb admin.')
    .argument('<session>', 'id of the session')
    .option('--message <id>', 'only the content of this message; that there was one stays')
    .addOption(new Option('--part <id>', 'only this part of the message'))
    .option('--reason <text>', 'why, for the record')
    .option('--yes', 'it is meant')
    .addHelpText(
      'after',
      `
Examples:
  headrace erase team/plan --message m12 --reason "asked to" --yes
  headrace erase team/plan --yes`,
    )
    .action(async (session: string, options: EraseOptions) => {
      const { erase } = await import('../history/history.ts')
      await erase(session, options)
    })
}

function shareCommand(): Command {
  return withTarget(new Command('share'))
    .description('Make a token by which others read one session and do nothing else. Needs the verb admin.')
    .argument('<session>', 'id of the session')
    .option('--ttl <time>', 'how long it works, at most 30d (default: 7d)', parseDuration)
    .option('--name <name>', "shown as the reader's name")
    .addHelpText(
      'after',
      `
Examples:
  headrace share team/plan --ttl 1d --name "Guest"`,
    )
    .action(async (session: string, options: ShareOptions) => {
      const { share } = await import('../history/history.ts')
      await share(session, options)
    })
}
