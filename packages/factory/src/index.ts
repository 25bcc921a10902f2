export {
  FactoryError,
  factoryErrorTable,
  type FactoryErrorCode,
  type FactoryErrorOptions,
  type FactoryErrorRow,
} from './errors.ts'
export { createGit, type Git, type GitOptions, type GitOutput, type GitRunOptions } from './git/create-git.ts'
export { type GitProtocol } from './git/git-environment.ts'
export {
  endInWords,
  runCommand,
  type CommandEnd,
  type CommandOptions,
  type CommandResult,
} from './process/run-command.ts'
