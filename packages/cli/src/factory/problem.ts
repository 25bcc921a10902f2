import type { FactoryError } from '@headrace/factory'
import { exitCode, type ExitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'

/** A failure of the factory as the command tells it. */
export function problem(error: FactoryError, code: ExitCode = exitCode.notStarted): Problem {
  return new Problem(code, inWords(error))
}

/** What happened, what was seen, and what to do. */
export function inWords(error: FactoryError): string {
  // What to do about a wrong option, or a name that is none, is said with it.
  const next = error.code === 'bad_option' || error.code === 'not_found' ? [] : [error.next]
  return [error.message, ...error.evidence.map((line) => `  ${line}`), ...next].join('\n')
}
