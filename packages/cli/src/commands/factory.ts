import { Command, Option } from 'commander'
import type { FloorTarget } from '../factory/floor-target.ts'
import { laneCommands } from './factory-lane.ts'
import { openCommands } from './factory-open.ts'
import { withFloor } from './factory-options.ts'
import { pluginCommand } from './factory-plugin.ts'
import { reportCommands } from './factory-reports.ts'
import { retroCommands } from './factory-retro.ts'
import { skillCommand } from './factory-skill.ts'
import { taskCommand } from './factory-task.ts'
import { workCommands } from './factory-work.ts'

/** Commands of the factory floor. */
export function factoryCommand(): Command {
  const factory = new Command('factory')
    .description('Many coding agents at work on one repository, merged only through its tests.')
    .addHelpText(
      'after',
      `
Examples:
  headrace factory demo                            see a floor work: eight tasks, five lanes, no keys
  headrace factory status                          what every lane is doing
  headrace factory task add "Fix the login" --kind bug --priority 1
  headrace factory lane nuke alpha --reason "It goes in circles"
  headrace factory stop                            end what is under way in every lane`,
    )
  const commands = [
    ...openCommands(),
    statusCommand(),
    taskCommand(),
    ...laneCommands(),
    pluginCommand(),
    skillCommand(),
    ...retroCommands(),
    ...reportCommands(),
    ...workCommands(),
    ...modeCommands(),
  ]
  for (const command of commands) factory.addCommand(command)
  return factory
}

function statusCommand(): Command {
  return withFloor(new Command('status'))
    .description('What every lane is doing, what waits and why, and what became of the rest.')
    .addOption(new Option('--json', 'print the floor as JSON'))
    .addOption(new Option('--watch', 'print it again whenever it changes'))
    .addHelpText(
      'after',
      `
Examples:
  headrace factory status
  headrace factory status --watch`,
    )
    .action(async (options: FloorTarget & { readonly json?: boolean; readonly watch?: boolean }) => {
      const { status } = await import('../factory/status.ts')
      await status(options)
    })
}

function modeCommands(): readonly Command[] {
  const modes = [
    ['stop', 'stopped', 'End what is under way in every lane, and begin nothing.'],
    ['pause', 'paused', 'Begin nothing new; what is under way goes on.'],
    ['resume', 'running', 'Go on after stop or pause.'],
  ] as const
  return modes.map(([name, mode, about]) =>
    withFloor(new Command(name))
      .description(about)
      .action(async (options: FloorTarget) => {
        const { setMode } = await import('../factory/ask.ts')
        await setMode(mode, options)
      }),
  )
}
