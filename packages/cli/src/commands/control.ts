import { Command, Option } from 'commander'
import type { FloorOptions, RunOptions, SteerOptions } from '../control/control.ts'
import { withTarget } from './options.ts'

/** Commands that change what agents do while they work. */
export function controlCommands(): readonly Command[] {
  return [steerCommand(), pauseCommand(), resumeCommand(), takeCommand(), handBackCommand()]
}

const run = (): Option =>
  new Option('--run <id>', 'which run, as `headrace tail` shows it (default: the only open one)')
const note = (): Option => new Option('--note <text>', 'says why, for everybody in the session')

function steerCommand(): Command {
  return withTarget(new Command('steer'))
    .description('Hand a message to an agent that is at work.')
    .argument('<session>', 'id of the session')
    .argument('<text...>', 'what to tell it')
    .addOption(run())
    .addOption(new Option('--no-carry', 'drop the message if the run ends before the agent takes it'))
    .addHelpText(
      'after',
      `
Examples:
  headrace steer team/plan "Shorter, please"
  headrace steer team/plan --run r13 "Use the train, not the plane"`,
    )
    .action(async (session: string, text: readonly string[], options: SteerOptions) => {
      const { steer } = await import('../control/control.ts')
      await steer(session, text, options)
    })
}

function pauseCommand(): Command {
  return withTarget(new Command('pause'))
    .description('Hold a run: no output of it is taken until it is resumed.')
    .argument('<session>', 'id of the session')
    .addOption(run())
    .addHelpText(
      'after',
      `
Examples:
  headrace pause team/plan
  headrace pause team/plan --run r13`,
    )
    .action(async (session: string, options: RunOptions) => {
      const { pause } = await import('../control/control.ts')
      await pause(session, options)
    })
}

function resumeCommand(): Command {
  return withTarget(new Command('resume'))
    .description('Let a paused or suspended run go on.')
    .argument('<session>', 'id of the session')
    .addOption(run())
    .addHelpText(
      'after',
      `
Examples:
  headrace resume team/plan`,
    )
    .action(async (session: string, options: RunOptions) => {
      const { resume } = await import('../control/control.ts')
      await resume(session, options)
    })
}

function takeCommand(): Command {
  return withTarget(new Command('take'))
    .description('Take over a session: its agents hold still until you hand it back.')
    .argument('<session>', 'id of the session')
    .addOption(note())
    .addOption(new Option('--force', 'also from another person; needs the verb admin'))
    .addHelpText(
      'after',
      `
Examples:
  headrace take support/42 --note "The customer asked for a person"`,
    )
    .action(async (session: string, options: FloorOptions) => {
      const { take } = await import('../control/control.ts')
      await take(session, options)
    })
}

function handBackCommand(): Command {
  return withTarget(new Command('hand-back'))
    .description('Give a session that you took over back to its agents.')
    .argument('<session>', 'id of the session')
    .addOption(note())
    .addHelpText(
      'after',
      `
Examples:
  headrace hand-back support/42`,
    )
    .action(async (session: string, options: FloorOptions) => {
      const { handBack } = await import('../control/control.ts')
      await handBack(session, options)
    })
}
