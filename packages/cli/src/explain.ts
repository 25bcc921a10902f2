import { HeadraceError, type ErrorCode } from '@headrace/core'
import { exitCode, type ExitCode } from './exit-code.ts'
import { Problem } from './problem.ts'

/** What a person can do about a refusal, where the server that refused can't know it. */
const fixes: Partial<Record<ErrorCode, string>> = {
  unauthenticated:
    'Give a token of this server with --token or HEADRACE_TOKEN; `headrace token` makes one, out of its data directory (--data) or its secret.',
  token_expired: 'Make a new one with `headrace token`.',
  session_not_found: 'See what there is with `headrace sessions`; `headrace send <session> <text> --create` makes one.',
  host_not_allowed: 'Start the server with --allowed-host <host>.',
}

const unreachable: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'connection_lost',
  'closed',
  'draining',
  'hello_timeout',
  'idle_timeout',
])

function exitOf(code: ErrorCode): ExitCode {
  if (unreachable.has(code)) return exitCode.unreachable
  return code === 'internal' ? exitCode.failed : exitCode.refused
}

/** The one place where whatever was thrown becomes a sentence and an exit status. */
export function explain(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown
  if (thrown instanceof HeadraceError) {
    const fix = fixes[thrown.code]
    const message = fix === undefined ? thrown.message : `${sentence(thrown.message)} ${fix}`
    return new Problem(exitOf(thrown.code), message, { cause: thrown })
  }
  const text = thrown instanceof Error ? thrown.message : String(thrown)
  return new Problem(exitCode.failed, `${sentence(text)} Run it again with --verbose to see where.`, { cause: thrown })
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}
