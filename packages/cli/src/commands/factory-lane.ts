import { Argument, Command, Option } from 'commander'
import type { FloorTarget } from '../factory/floor-target.ts'
import { withFloor } from './factory-options.ts'

/** What people say to lanes, and to the agents in them. */
export function laneCommands(): readonly Command[] {
  return [laneCommand(), steerCommand(), takeCommand(), handBackCommand(), overruleCommand()]
}

function laneCommand(): Command {
  const about = {
    pause: 'A lane takes nothing new.',
    resume: 'A paused lane takes work again.',
    nuke: 'Put away what a lane is doing; its task begins anew, with the reason as its lesson.',
  } as const
  const lane = new Command('lane').description('Lanes of a floor.')
  for (const what of ['pause', 'resume', 'nuke'] as const) {
    const command = withFloor(new Command(what))
      .description(about[what])
      .addArgument(new Argument('<lane>', 'name of the lane'))
    const reason = new Option('--reason <text>', 'why, for whoever reads it')
    if (what !== 'resume') command.addOption(what === 'nuke' ? reason.makeOptionMandatory() : reason)
    command.action(async (name: string, options: FloorTarget & { readonly reason?: string }) => {
      const { ask } = await import('../factory/ask.ts')
      const { reason: why } = options
      if (what === 'nuke') await ask({ ask: 'nuke', lane: name, reason: why ?? '' }, options)
      else if (what === 'resume') await ask({ ask: 'resume-lane', lane: name }, options)
      else await ask({ ask: 'pause-lane', lane: name, ...(why !== undefined && { reason: why }) }, options)
    })
    lane.addCommand(command)
  }
  return lane
}

function steerCommand(): Command {
  return withFloor(new Command('steer'))
    .description('Say something to the agent of a lane while it works.')
    .argument('<lane>', 'name of the lane')
    .argument('<text...>', 'what to tell it')
    .action(async (lane: string, text: readonly string[], options: FloorTarget) => {
      const { steerLane } = await import('../factory/lanes.ts')
      await steerLane(lane, text.join(' '), options)
    })
}

function takeCommand(): Command {
  return withFloor(new Command('take'))
    .description('Take over a lane: its agent holds still, and you work in its clone.')
    .argument('<lane>', 'name of the lane')
    .addOption(new Option('--note <text>', 'why, for the others'))
    .action(async (lane: string, options: FloorTarget & { readonly note?: string }) => {
      const { takeLane } = await import('../factory/lanes.ts')
      await takeLane(lane, options)
    })
}

function handBackCommand(): Command {
  return withFloor(new Command('hand-back'))
    .description('Give a lane that you took over back to its agent.')
    .argument('<lane>', 'name of the lane')
    .action(async (lane: string, options: FloorTarget) => {
      const { handBackLane } = await import('../factory/lanes.ts')
      await handBackLane(lane, options)
    })
}

function overruleCommand(): Command {
  return withFloor(new Command('overrule'))
    .description('Say that an agent does not go in circles. It is kept, and the agent is judged from the beginning.')
    .argument('<task>', 'as in T7')
    .requiredOption('--reason <text>', 'why; it is kept')
    .addHelpText(
      'after',
      `
A task that was parked for it is tried again, without that lesson. ` +
        `headrace factory task show T7 --json` +
        ` has all
verdicts that were overruled, \`headrace factory report --json\` their number.

Examples:
  headrace factory overrule T7 --reason "The build is that slow"`,
    )
    .action(async (id: string, options: FloorTarget & { readonly reason: string }) => {
      const { ask } = await import('../factory/ask.ts')
      await ask({ ask: 'overrule', task: id, reason: options.reason }, options)
    })
}
