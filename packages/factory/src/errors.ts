import type { JsonObject } from '@headrace/core'

/** What went wrong in the factory, as one word that programs compare. {@link factoryErrorTable} says what each means. */
export type FactoryErrorCode =
  | 'bad_option'
  | 'command_failed'
  | 'git_missing'
  | 'git_failed'
  | 'git_timeout'
  | 'git_flood'
  | 'base_missing'
  | 'base_rewritten'
  | 'clone_unverified'
  | 'disk_full'
  | 'not_found'
  | 'still_alive'
  | 'work_empty'
  | 'work_unsafe'
  | 'work_too_large'
  | 'work_invalid'
  | 'tree_unsafe'
  | 'sandbox_missing'
  | 'files_invalid'
  | 'agent_missing'
  | 'agent_failed'
  | 'plugin_invalid'
  | 'plugin_failed'
  | 'skill_invalid'

/** What {@link factoryErrorTable} says of a code. */
export interface FactoryErrorRow {
  readonly meaning: string
  /** What to do about it. */
  readonly next: string
}

/** The one table of the factory's own errors. Errors of sessions come from `errorTable` in `@headrace/core`. */
export const factoryErrorTable: Readonly<Record<FactoryErrorCode, FactoryErrorRow>> = {
  bad_option: { meaning: 'An option has a value that cannot work.', next: 'Change what the text names.' },
  command_failed: {
    meaning: 'A program could not be started or ended badly.',
    next: 'Read the last lines of its output, in the evidence.',
  },
  git_missing: { meaning: 'There is no git on this machine.', next: 'Install git 2.38 or newer.' },
  git_failed: { meaning: 'git ended with an error.', next: 'Read what git said, in the evidence.' },
  git_timeout: {
    meaning: 'git took longer than it may, and was ended.',
    next: 'Try again when the machine has less to do, or allow more time.',
  },
  git_flood: { meaning: 'git gave more output than is read.', next: 'Look at what makes it so large, or allow more.' },
  base_missing: {
    meaning: 'The base branch is not there.',
    next: 'Make the branch, or name another one: with --base, or as `base` in .headrace/factory.yaml.',
  },
  base_rewritten: {
    meaning: 'The base branch does not contain the base that was seen before.',
    next: 'Look at who rewrote it; accept the new one on purpose if that was meant.',
  },
  clone_unverified: {
    meaning: 'A new clone is not what it must be, so no agent was started in it.',
    next: 'Start a new one; the evidence says what differs.',
  },
  disk_full: {
    meaning: 'The disk is full, or the clones use as much of it as they may.',
    next: 'Make space, let quarantined clones go, or allow more; then try again: nothing is lost.',
  },
  not_found: { meaning: 'There is nothing under this name.', next: 'List what there is.' },
  still_alive: {
    meaning: 'Processes of the attempt are still running.',
    next: 'End them first; the evidence names them.',
  },
  work_empty: { meaning: 'The attempt changed nothing.', next: 'Ask the agent why, or end the attempt.' },
  work_unsafe: {
    meaning: 'The clone points outside of itself, so nothing is read from it.',
    next: 'Quarantine it and look at the evidence; start the task again in a new clone.',
  },
  work_too_large: {
    meaning: 'The work has more bytes or objects than may leave a clone.',
    next: 'Split the task, or raise the limit that the text names.',
  },
  work_invalid: {
    meaning: 'What the clone gave is no sound piece of a git history.',
    next: 'Start the task again in a new clone; the evidence says what is wrong.',
  },
  tree_unsafe: {
    meaning: 'The tree has something in it that may not be written to disk.',
    next: 'Remove it from the change; the evidence names it.',
  },
  sandbox_missing: {
    meaning: 'A sandbox is asked for and this machine has none that works.',
    next: 'Install bubblewrap and allow user namespaces, or say that it may run without.',
  },
  files_invalid: {
    meaning: "The factory's files on the base branch are wrong.",
    next: 'Correct what the evidence names, by file, line and key.',
  },
  agent_missing: {
    meaning: 'The program of an agent is not on this machine.',
    next: 'Install it, or name another agent in the lane.',
  },
  agent_failed: {
    meaning: 'An agent did not come up.',
    next: 'Start it by hand with the same configuration; the text quotes the last thing it said.',
  },
  plugin_invalid: {
    meaning: 'A plugin is not what it must be, so it was not taken.',
    next: 'Install or correct the package that the text names, or take it out of .headrace/factory.yaml.',
  },
  plugin_failed: {
    meaning: 'A plugin threw, took too long, or ended.',
    next: 'Look at the package that the text names; the floor goes on without it, or waits for it where it is a guard or a gate.',
  },
  skill_invalid: {
    meaning: 'A skill is not what it must be, so it was not taken.',
    next: 'Correct what the evidence names, by file, line and key.',
  },
}

export interface FactoryErrorOptions {
  /** What was seen, quoted: commands, lines of output, paths. Bounded by whoever throws. */
  readonly evidence?: readonly string[]
  readonly detail?: JsonObject
  readonly cause?: unknown
}

/** What the factory throws or rejects with. */
export class FactoryError extends Error {
  override readonly name = 'FactoryError'
  readonly code: FactoryErrorCode
  readonly evidence: readonly string[]
  readonly detail: JsonObject | undefined

  /**
   * @param code - a code of {@link factoryErrorTable}
   * @param message - what happened: the thing, and the limit where there is one
   */
  constructor(code: FactoryErrorCode, message: string, options: FactoryErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.evidence = options.evidence ?? []
    this.detail = options.detail
  }

  /** What to do about it. */
  get next(): string {
    return factoryErrorTable[this.code].next
  }
}
