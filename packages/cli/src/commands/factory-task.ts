import { Command, Option } from 'commander'
import type { FloorTarget } from '../factory/floor-target.ts'
import type { ImportOptions } from '../factory/import-tasks.ts'
import type { AddTaskOptions, DependTaskOptions, MoveTaskOptions } from '../factory/tasks.ts'
import { folderOption, repositoryOption, withFloor } from './factory-options.ts'
import { list, whole } from './options.ts'

/** Tasks of a floor. */
export function taskCommand(): Command {
  const task = new Command('task').description('Tasks of a floor.')
  task.addCommand(
    withFloor(new Command('add'))
      .description('Put a task on the floor.')
      .argument('<title...>', 'what is to be done, in a line')
      .addOption(new Option('--body <text>', 'what is wanted, in Markdown'))
      .addOption(
        new Option('--kind <kind>', 'which lanes may take it')
          .choices(['ci', 'feature', 'bug', 'horizon', 'docs', 'custom'])
          .default('feature'),
      )
      .addOption(new Option('--priority <number>', '0 interrupts others, 3 waits').default(2).argParser(whole(0, 3)))
      .addOption(new Option('--lane <name>', 'only this lane'))
      .addOption(new Option('--depends-on <tasks...>', 'tasks that must be done before').argParser(list))
      .addOption(new Option('--accept <line...>', 'what must hold when it is done; several times'))
      .addOption(new Option('--proposed', 'somebody must accept it first'))
      .addHelpText(
        'after',
        `
Examples:
  headrace factory task add "Fix the login" --kind bug --priority 1
  headrace factory task add "Cut lists into pieces" --accept "a size below 1 is refused" --depends-on T3`,
      )
      .action(async (title: readonly string[], options: AddTaskOptions) => {
        const { addTask } = await import('../factory/tasks.ts')
        await addTask(title.join(' '), options)
      }),
  )
  task.addCommand(
    withFloor(new Command('import'))
      .description('Take tasks from a Markdown file or from issues; what is there already stays as it is.')
      .addOption(new Option('--markdown <file>', 'a list: - [ ] Title (P1 bug)'))
      .addOption(new Option('--github <repository>', 'owner/name; GITHUB_TOKEN for private ones'))
      .addOption(new Option('--plugin <name>', 'a source of a plugin that .headrace/factory.yaml names'))
      .addOption(repositoryOption())
      .addOption(folderOption())
      .addOption(new Option('--label <labels...>', 'only issues with all of these').argParser(list))
      .action(async (options: ImportOptions) => {
        const { importTasks } = await import('../factory/import-tasks.ts')
        await importTasks(options)
      }),
  )
  task.addCommand(
    withFloor(new Command('list'))
      .description('The tasks of a floor.')
      .addOption(new Option('--json', 'print them as JSON, one a line'))
      .action(async (options: FloorTarget & { readonly json?: boolean }) => {
        const { listTasks } = await import('../factory/tasks.ts')
        await listTasks(options)
      }),
  )
  task.addCommand(
    withFloor(new Command('show'))
      .description('A task with its attempts.')
      .argument('<task>', 'as in T7')
      .addOption(new Option('--json', 'print it as JSON'))
      .action(async (id: string, options: FloorTarget & { readonly json?: boolean }) => {
        const { showTask } = await import('../factory/tasks.ts')
        await showTask(id, options)
      }),
  )
  task.addCommand(
    withFloor(new Command('accept'))
      .description('Take a proposal, say that reviewed work was taken, or try a parked task again.')
      .argument('<task>', 'as in T7')
      .addOption(new Option('--reason <text>', 'why; of a proposal it is kept'))
      .action(async (id: string, options: FloorTarget & { readonly reason?: string }) => {
        const { ask } = await import('../factory/ask.ts')
        const { reason } = options
        await ask({ ask: 'accept-task', task: id, ...(reason !== undefined && { reason }) }, options)
      }),
  )
  task.addCommand(
    withFloor(new Command('reject'))
      .description('Say that a task will not be done.')
      .argument('<task>', 'as in T7')
      .requiredOption('--reason <text>', 'why; it is kept')
      .action(async (id: string, options: FloorTarget & { readonly reason: string }) => {
        const { ask } = await import('../factory/ask.ts')
        await ask({ ask: 'reject-task', task: id, reason: options.reason }, options)
      }),
  )
  task.addCommand(
    withFloor(new Command('move'))
      .description('Give a task its place among those that are to be done.')
      .argument('<task>', 'as in T7')
      .addOption(new Option('--priority <number>', '0 interrupts others, 3 waits').argParser(whole(0, 3)))
      .addOption(new Option('--lane <name>', 'only this lane may take it').conflicts('anyLane'))
      .addOption(new Option('--any-lane', 'whatever lane fits may take it'))
      .addOption(new Option('--before <task>', 'right before this one, and as urgent').conflicts('after'))
      .addOption(new Option('--after <task>', 'right after this one, and as urgent'))
      .addHelpText(
        'after',
        `
Examples:
  headrace factory task move T7 --priority 1
  headrace factory task move T7 --before T3 --lane alpha`,
      )
      .action(async (id: string, options: MoveTaskOptions) => {
        const { moveTask } = await import('../factory/tasks.ts')
        await moveTask(id, options)
      }),
  )
  task.addCommand(
    withFloor(new Command('depend'))
      .description('Say what a task waits for: all of it, in place of what was said before.')
      .argument('<task>', 'as in T7')
      .addOption(new Option('--on <tasks...>', 'tasks that must be done before').argParser(list).conflicts('nothing'))
      .addOption(new Option('--nothing', 'it waits for no other task'))
      .addHelpText(
        'after',
        `
Examples:
  headrace factory task depend T7 --on T3,T5
  headrace factory task depend T7 --nothing`,
      )
      .action(async (id: string, options: DependTaskOptions) => {
        const { dependTask } = await import('../factory/tasks.ts')
        await dependTask(id, options)
      }),
  )
  return task
}
