import { Command, InvalidArgumentError, Option } from 'commander'
import type { DetectOptions } from '../factory/detect.ts'
import type { HorizonOptions } from '../factory/horizon.ts'
import type { ReportOptions } from '../factory/report.ts'
import { withFloor, withVault } from './factory-options.ts'
import { list, option, whole } from './options.ts'

/** What comes, what came of it, and which agents go in circles. */
export function reportCommands(): readonly Command[] {
  return [horizonCommand(), reportCommand(), detectCommand()]
}

function horizonCommand(): Command {
  return withVault(withFloor(new Command('horizon')))
    .description('What comes: dependencies, the history of the gate, what is left to do, reports about the same.')
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
