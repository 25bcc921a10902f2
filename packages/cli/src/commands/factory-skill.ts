import { Command, Option } from 'commander'
import type { FloorTarget } from '../factory/floor-target.ts'
import type { ExportSkillsOptions, ImportSkillsOptions } from '../factory/skill-exchange.ts'
import type { CompareOptions } from '../factory/skill-table.ts'
import type { WorkOptions } from '../factory/work.ts'
import { repositoryOption, withFloor, withVault } from './factory-options.ts'
import { whole } from './options.ts'

/** Commands for skills, which lie in `.headrace/skills` of the base branch. */
export function skillCommand(): Command {
  const skill = new Command('skill').description('Skills that lanes give to their agents.').addHelpText(
    'after',
    `
Examples:
  headrace factory skill add test-fixer            one of those that come with the factory
  headrace factory skill check                     before you commit
  headrace factory skill list                      as the base branch has them
  headrace factory skill import https://github.com/anthropics/skills.git
  headrace factory skill table                     how attempts came out with each version`,
  )
  const commands = [
    listCommand(),
    showCommand(),
    checkCommand(),
    addCommand(),
    importCommand(),
    exportCommand(),
    tableCommand(),
    abCommand(),
  ]
  for (const command of commands) skill.addCommand(command)
  return skill
}

function listCommand(): Command {
  return withVault(new Command('list'))
    .description('The skills of the base branch, their versions, and the lanes that are given them.')
    .addOption(new Option('--json', 'print them as JSON, one a line'))
    .action(async (options: WorkOptions & { readonly json?: boolean }) => {
      const { listSkills } = await import('../factory/skills.ts')
      await listSkills(options)
    })
}

function showCommand(): Command {
  return withVault(new Command('show'))
    .description('A skill of the base branch, with its files.')
    .argument('<name>', 'as in test-fixer')
    .action(async (name: string, options: WorkOptions) => {
      const { showSkill } = await import('../factory/skills.ts')
      await showSkill(name, options)
    })
}

function checkCommand(): Command {
  return new Command('check')
    .description('Check the skills of a folder: every fault with its file, line and key.')
    .addOption(repositoryOption())
    .action(async (options: Pick<WorkOptions, 'repository'>) => {
      const { checkSkills } = await import('../factory/skills.ts')
      await checkSkills(options)
    })
}

function addCommand(): Command {
  return new Command('add')
    .description('Write skills that come with the factory into the repository; without a name, show which there are.')
    .argument('[names...]', 'as in test-fixer')
    .addOption(repositoryOption())
    .action(async (names: readonly string[], options: Pick<WorkOptions, 'repository'>) => {
      const { addSkills } = await import('../factory/skills.ts')
      await addSkills(names, options)
    })
}

function tableCommand(): Command {
  return withFloor(new Command('table'))
    .description('How attempts came out, by the versions of the skills that they were given.')
    .addOption(new Option('--json', 'print it as JSON, a version a line'))
    .action(async (options: FloorTarget & { readonly json?: boolean }) => {
      const { skillTables } = await import('../factory/skill-table.ts')
      await skillTables(options)
    })
}

function abCommand(): Command {
  return withVault(withFloor(new Command('ab')))
    .description('Compare two versions of a skill: begin it, end it, or see how the two newest stand.')
    .argument('<name>', 'as in test-fixer')
    .addOption(new Option('--against <commit>', 'begin: with the version of this commit of the base branch'))
    .addOption(
      new Option('--share <percent>', 'of the tasks that get that version').default(50).argParser(whole(1, 99)),
    )
    .addOption(
      new Option('--choose <how>', 'by chance, or by what attempts with each were worth')
        .choices(['chance', 'reward'])
        .default('chance'),
    )
    .addOption(new Option('--stop', 'end it'))
    .addOption(new Option('--json', 'print the comparison as JSON'))
    .addHelpText(
      'after',
      `
A comparison stands in .headrace/factory.yaml, which you commit. Each task is given one version in all of its attempts.

Examples:
  headrace factory skill ab test-fixer --against HEAD~1
  headrace factory skill ab test-fixer`,
    )
    .action(async (name: string, options: CompareOptions) => {
      const { compareSkill } = await import('../factory/skill-table.ts')
      await compareSkill(name, options)
    })
}

function importCommand(): Command {
  return new Command('import')
    .description('Take skills from any Git repository; without a name, show which it has. Nothing of it is run.')
    .argument('<url>', 'a folder, or an https or ssh address')
    .argument('[names...]', 'names, or folders where a name is there twice')
    .addOption(new Option('--ref <name>', 'a branch or tag (default: its head)'))
    .addOption(new Option('--replace', 'in place of skills of these names'))
    .addOption(repositoryOption())
    .action(async (url: string, names: readonly string[], options: ImportSkillsOptions) => {
      const { importSkills } = await import('../factory/skill-exchange.ts')
      await importSkills(url, names, options)
    })
}

function exportCommand(): Command {
  return withVault(new Command('export'))
    .description('Put a skill of the base branch on a new branch of any Git repository.')
    .argument('<name>', 'as in test-fixer')
    .requiredOption('--to <url>', 'a folder, or an https or ssh address')
    .addOption(new Option('--ref <name>', 'the branch that it goes on from (default: its head)'))
    .addOption(new Option('--branch <name>', 'the new branch (default: skills/NAME-VERSION)'))
    .addOption(new Option('--path <folder>', 'the folder of skills there').default('skills'))
    .action(async (name: string, options: ExportSkillsOptions) => {
      const { exportSkills } = await import('../factory/skill-exchange.ts')
      await exportSkills(name, options)
    })
}
