import type { Command, Option } from 'commander'
import { option, withTarget } from './options.ts'

/** The repository that a floor works on. */
export const repositoryOption = (): Option => option('--repository <directory>', 'the repository').default('.')

export const baseOption = (): Option => option('--base <branch>', 'its base branch').default('main')

export const folderOption = (): Option =>
  option('--folder <directory>', 'where the trusted copy and the clones are kept').default('./.headrace/factory')

export const floorOption = (): Option => option('--floor <name>', 'name of the floor').default('main')

/** Which floor on which server. */
export function withFloor(command: Command): Command {
  return withTarget(command).addOption(floorOption())
}

/** Where the trusted copy of a repository is. */
export function withVault(command: Command): Command {
  return command.addOption(repositoryOption()).addOption(baseOption()).addOption(folderOption())
}
