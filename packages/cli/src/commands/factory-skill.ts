import { Command, Option } from 'commander'
import type { WorkOptions } from '../factory/work.ts'
import { option } from './options.ts'

const repository = (): Option => option('--repository <directory>', 'the repository').default('.')

/** Where the trusted copy of a repository is. */
function withVault(command: Command): Command {
  return command
    .addOption(repository())
    .addOption(option('--base <branch>', 'its base branch').default('main'))
    .addOption(
      option('--folder <directory>', 'where the trusted copy and the clones are kept').default('./.headrace/factory'),
    )
}

/** Commands for skills, which lie in `.headrace/skills` of the base branch. */
export function skillCommand(): Command {
  const skill = new Command('skill').description('Skills that lanes give to their agents.').addHelpText(
    'after',
    `
Examples:
  headrace factory skill add test-fixer            one of those that come with the factory
  headrace factory skill check                     before you commit
  headrace factory skill list                      as the base branch has them`,
  )
  for (const command of [listCommand(), showCommand(), checkCommand(), addCommand()]) skill.addCommand(command)
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
    .addOption(repository())
    .action(async (options: Pick<WorkOptions, 'repository'>) => {
      const { checkSkills } = await import('../factory/skills.ts')
      await checkSkills(options)
    })
}

function addCommand(): Command {
  return new Command('add')
    .description('Write skills that come with the factory into the repository; without a name, show which there are.')
    .argument('[names...]', 'as in test-fixer')
    .addOption(repository())
    .action(async (names: readonly string[], options: Pick<WorkOptions, 'repository'>) => {
      const { addSkills } = await import('../factory/skills.ts')
      await addSkills(names, options)
    })
}
