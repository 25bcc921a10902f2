import { Command } from 'commander'
import type { FloorTarget } from '../factory/floor-target.ts'
import type { WorkOptions } from '../factory/work.ts'
import { withFloor, withVault } from './factory-options.ts'

/** What attempts have made. */
export function workCommands(): readonly Command[] {
  return [diffCommand(), undoCommand()]
}

function diffCommand(): Command {
  return withVault(withFloor(new Command('diff')))
    .description('The difference that a task has made, or would make.')
    .argument('<task>', 'as in T7')
    .action(async (id: string, options: FloorTarget & WorkOptions) => {
      const { diff } = await import('../factory/work.ts')
      await diff(id, options)
    })
}

function undoCommand(): Command {
  return withVault(new Command('undo'))
    .description('Bring back a clone that was put away.')
    .argument('<attempt>', 'as in t7-1')
    .action(async (attempt: string, options: WorkOptions) => {
      const { undo } = await import('../factory/work.ts')
      await undo(attempt, options)
    })
}
