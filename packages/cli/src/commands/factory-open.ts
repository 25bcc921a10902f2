import { Command, Option } from 'commander'
import type { FactoryDemoOptions } from '../factory/demo.ts'
import type { InitOptions } from '../factory/files.ts'
import type { UpOptions } from '../factory/up.ts'
import { floorOption, repositoryOption, withVault } from './factory-options.ts'
import { option, whole } from './options.ts'

/** What there is before a floor, and what opens one. */
export function openCommands(): readonly Command[] {
  return [demoCommand(), initCommand(), checkCommand(), upCommand()]
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
  return withVault(new Command('up'))
    .description('Open the floor of a repository, as its base branch describes it.')
    .addOption(option('--data <directory>', 'where the sessions are kept').default('./.headrace/data'))
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
