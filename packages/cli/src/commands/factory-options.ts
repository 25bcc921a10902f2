import type { Command, Option } from 'commander'
import { option, withTarget } from './options.ts'

/** The repository that a floor works on. */
export const repositoryOption = (): Option => option('--repository <directory>', 'the repository').default('.')

export const folderOption = (): Option =>
  option('--folder <directory>', 'where the trusted copy and the clones are kept').default('./.headrace/factory')

export const floorOption = (): Option => option('--floor <name>', 'name of the floor').default('main')

/** Which floor on which server. */
export function withFloor(command: Command): Command {
  return withTarget(command).addOption(floorOption())
}

/** Where the trusted copy of a repository is. */
export function withVault(command: Command): Command {
  return command
    .addOption(repositoryOption())
    .addOption(option('--base <branch>', 'its base branch (default: as .headrace/factory.yaml there says, else main)'))
    .addOption(folderOption())
    .hook('preAction', async (_command, action) => {
      const { base, repository } = action.opts<{ readonly base?: string; readonly repository: string }>()
      if (base !== undefined) return
      const { baseOf } = await import('../factory/base-of.ts')
      action.setOptionValueWithSource('base', await baseOf(repository), 'implied')
    })
}
