import type { ExitCode } from './exit-code.ts'

/** An end of the command that a person should read: what happened and the fix, in one or two sentences. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly exitCode: ExitCode

  constructor(exitCode: ExitCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options)
    this.exitCode = exitCode
  }
}
