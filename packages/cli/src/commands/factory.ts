import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import type { FactoryDemoOptions } from '../factory/demo.ts'
import type { DetectOptions } from '../factory/detect.ts'
import type { HorizonOptions } from '../factory/horizon.ts'
import type { FloorTarget } from '../factory/floor-target.ts'
import type { InitOptions } from '../factory/files.ts'
import type { ImportOptions } from '../factory/import-tasks.ts'
import type { ReportOptions } from '../factory/report.ts'
import type { SurfacesOptions } from '../factory/surfaces.ts'
import type { AddTaskOptions, DependTaskOptions, MoveTaskOptions } from '../factory/tasks.ts'
import type { UpOptions } from '../factory/up.ts'
import type { WorkOptions } from '../factory/work.ts'
import { baseOption, floorOption, folderOption, repositoryOption, withFloor } from './factory-options.ts'
import { retroCommands } from './factory-retro.ts'
import { skillCommand } from './factory-skill.ts'
import { list, option, whole } from './options.ts'

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
    demoCommand(),
    initCommand(),
    checkCommand(),
    upCommand(),
    statusCommand(),
    taskCommand(),
    laneCommand(),
    steerCommand(),
    takeCommand(),
    handBackCommand(),
    overruleCommand(),
    pluginCommand(),
    skillCommand(),
    ...retroCommands(),
    horizonCommand(),
    reportCommand(),
    detectCommand(),
    diffCommand(),
    undoCommand(),
    ...modeCommands(),
  ]
  for (const command of commands) factory.addCommand(command)
  return factory
}

function demoCommand(): Command {
  return new Command('demo')
    .description('See a floor work: a repository with tests, eight tasks, five lanes with scripted agents, no keys.')
    .addOption(option('--port <number>', 'port; 0 takes any free one').default(4400).argParser(whole(0, 65_535)))
    .addOption(new Option('--seed <number>', 'how the agents are paced').default(1).argParser(whole(0, 4_294_967_295)))
    .addOption(new Option('--headless', 'work the tasks off, check what must hold, and end'))
    .addOption(new Option('--json', 'print JSON: with --headless the report, else one line when ready'))
    .addOption(new Option('--keep', 'keep the repository, the clones and the sessions'))
    .addHelpText(
      'after',
      `
Of the five agents two are good, one breaks a test and repairs it, one looks at the same file for ever, and one weakens
the tests to make them green. With --headless the exit status is 0 only when good work was merged and the rest was not,
every commit of the base branch is green, nothing was merged twice and no process is left.

Examples:
  headrace factory demo
  headrace factory demo --headless --json --seed 7`,
    )
    .action(async (options: FactoryDemoOptions) => {
      const { factoryDemo } = await import('../factory/demo.ts')
      await factoryDemo(options)
    })
}

function initCommand(): Command {
  return new Command('init')
    .description('Write .headrace/factory.yaml and five lanes for a repository, and say why they are so.')
    .addOption(repositoryOption())
    .addOption(
      new Option('--agent <name>', 'the agent of all lanes')
        .choices(['codex', 'claude', 'opencode', 'gemini'])
        .default('codex'),
    )
    .addOption(new Option('--dry-run', 'show the files and write none'))
    .action(async (options: InitOptions) => {
      const { init } = await import('../factory/files.ts')
      await init(options)
    })
}

function checkCommand(): Command {
  return new Command('check')
    .description('Check the files of a floor: every fault with its file, line and key.')
    .addOption(repositoryOption())
    .action(async (options: Pick<InitOptions, 'repository'>) => {
      const { check } = await import('../factory/files.ts')
      await check(options)
    })
}

function upCommand(): Command {
  return new Command('up')
    .description('Open the floor of a repository, as its base branch describes it.')
    .addOption(repositoryOption())
    .addOption(baseOption())
    .addOption(option('--data <directory>', 'where the sessions are kept').default('./.headrace/data'))
    .addOption(folderOption())
    .addOption(floorOption())
    .addOption(option('--port <number>', 'port; 0 takes any free one').default(4400).argParser(whole(0, 65_535)))
    .addOption(new Option('--json', 'print one line of JSON when ready'))
    .addHelpText(
      'after',
      `
Examples:
  headrace factory init && git add .headrace && git commit -m "Describe the floor" && headrace factory up`,
    )
    .action(async (options: UpOptions) => {
      const { up } = await import('../factory/up.ts')
      await up(options)
    })
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

function horizonCommand(): Command {
  return withFloor(new Command('horizon'))
    .description('What comes: dependencies, the history of the gate, what is left to do, reports about the same.')
    .addOption(repositoryOption())
    .addOption(baseOption())
    .addOption(folderOption())
    .addOption(new Option('--network', 'ask the npm registry about the packages that the repository uses'))
    .addOption(new Option('--issues <file>', 'reports, as JSON: [{"ref", "title", "body"}]'))
    .addOption(new Option('--github <repository>', 'open issues of owner/name; needs --network'))
    .addOption(new Option('--propose', 'put what is new on the floor; each waits until somebody accepts it'))
    .addOption(new Option('--json', 'print it as JSON'))
    .addHelpText(
      'after',
      `
It only reads. What was rejected with a reason does not come back: headrace factory task reject T7 --reason "…"

Examples:
  headrace factory horizon
  headrace factory horizon --network --propose`,
    )
    .action(async (options: HorizonOptions) => {
      const { horizon } = await import('../factory/horizon.ts')
      await horizon(options)
    })
}

function pluginCommand(): Command {
  const plugin = new Command('plugin')
    .description('Plugins of the repository: where features are added while core stays as it is.')
    .addHelpText(
      'after',
      `
Surfaces and core are described in .headrace/plugins.yaml.

Examples:
  headrace factory plugin list
  headrace factory plugin new shout --surface commands
  headrace factory plugin check`,
    )
  plugin.addCommand(
    new Command('list')
      .description('Surfaces with their owners and plugins, and how large core is.')
      .addOption(repositoryOption())
      .addOption(new Option('--json', 'print it as JSON'))
      .action(async (options: SurfacesOptions & { readonly json?: boolean }) => {
        const { listPlugins } = await import('../factory/surfaces.ts')
        await listPlugins(options)
      }),
  )
  plugin.addCommand(
    new Command('check')
      .description('Run the contract of every plugin, and hold core against its budget.')
      .addOption(repositoryOption())
      .action(async (options: SurfacesOptions) => {
        const { checkPlugins } = await import('../factory/surfaces.ts')
        await checkPlugins(options)
      }),
  )
  plugin.addCommand(
    new Command('new')
      .description('Write a new plugin with a test of its own.')
      .argument('<name>', '1 to 64 of a–z, 0–9 and "-"')
      .requiredOption('--surface <name>', 'where it belongs')
      .addOption(repositoryOption())
      .action(async (name: string, options: SurfacesOptions & { readonly surface: string }) => {
        const { newPlugin } = await import('../factory/surfaces.ts')
        await newPlugin(name, options)
      }),
  )
  return plugin
}

function reportCommand(): Command {
  return withFloor(new Command('report'))
    .description('How attempts came out, how much landed, how long it took and what it cost, by lane and agent.')
    .addOption(new Option('--day', 'of the last 24 hours, as Markdown').conflicts('week'))
    .addOption(new Option('--week', 'of the last seven days, as Markdown'))
    .addOption(new Option('--json', 'print it as JSON'))
    .addHelpText(
      'after',
      `
It counts what the floor keeps: the newest 100 tasks that are over (fewer where they say much), and 8 attempts of each. A day or a week has besides what
was used in vain, what a merged change cost, and what became of agents that went in circles.

Examples:
  headrace factory report
  headrace factory report --week > week.md
  headrace factory report --day --json`,
    )
    .action(async (options: ReportOptions) => {
      const { report } = await import('../factory/report.ts')
      await report(options)
    })
}

/** As the factory names them; it is loaded only by a command that needs it. */
const ruleSets = ['ours', 'gemini', 'openhands', 'roo', 'cline', 'identical', 'canonical', 'similar'] as const

function ruleSetList(text: string): DetectOptions['rules'] {
  return list(text, undefined).map((name) => {
    const known = ruleSets.find((each) => each === name)
    if (known === undefined) throw new InvalidArgumentError(`There are ${ruleSets.join(', ')}.`)
    return known
  })
}

function detectCommand(): Command {
  return new Command('detect')
    .description('Find where runs of agents go in circles, step by step and with the facts; no server, no model.')
    .requiredOption('--trajectories <file>', 'runs, one JSON a line (.jsonl, .jsonl.gz), an exported session, or -')
    .addOption(
      option('--rules <names>', `which, by commas: ${ruleSets.join(', ')}`)
        .default(['ours'], 'ours')
        .argParser(ruleSetList),
    )
    .addOption(new Option('--labels', 'compare with the labels in the file, agent by agent, with intervals'))
    .addOption(new Option('--failures', 'with --labels: show each step that was judged wrongly'))
    .addOption(new Option('--seed <number>', 'of the intervals').default(1).argParser(whole(0, 4_294_967_295)))
    .addOption(new Option('--json', 'print a JSON object a line'))
    .addHelpText(
      'after',
      `
Lines that can't be read are reported with their number and left out.

Examples:
  headrace factory detect --trajectories export.jsonl
  headrace factory detect --trajectories runs.jsonl.gz --labels --rules ours,gemini,openhands,roo,cline`,
    )
    .action(async (options: DetectOptions) => {
      const { detect } = await import('../factory/detect.ts')
      await detect(options)
    })
}

function diffCommand(): Command {
  return withFloor(new Command('diff'))
    .description('The difference that a task has made, or would make.')
    .argument('<task>', 'as in T7')
    .addOption(repositoryOption())
    .addOption(baseOption())
    .addOption(folderOption())
    .action(async (id: string, options: FloorTarget & WorkOptions) => {
      const { diff } = await import('../factory/work.ts')
      await diff(id, options)
    })
}

function undoCommand(): Command {
  return new Command('undo')
    .description('Bring back a clone that was put away.')
    .argument('<attempt>', 'as in t7-1')
    .addOption(repositoryOption())
    .addOption(baseOption())
    .addOption(folderOption())
    .action(async (attempt: string, options: WorkOptions) => {
      const { undo } = await import('../factory/work.ts')
      await undo(attempt, options)
    })
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

function taskCommand(): Command {
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
