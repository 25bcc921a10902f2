import path from 'node:path'
import process from 'node:process'
import { markerName } from '../process/marked.ts'
import type { Attempt } from './attempt.ts'

export interface EnvironmentOptions {
  /** Folders of programs before that of this Node and those of the system. Default: none. */
  readonly programs?: readonly string[]
  /** What this attempt is given besides, such as the address of its model and a token of its own. */
  readonly give?: Readonly<Record<string, string>>
}

/** The whole environment of an attempt. Nothing of ours is in it: what an agent should know is given by name. */
export function attemptEnvironment(
  attempt: Attempt,
  options: EnvironmentOptions = {},
): Readonly<Record<string, string>> {
  const { programs = [], give = {} } = options
  const { home } = attempt
  return {
    PATH: [...programs, path.dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(path.delimiter),
    HOME: home,
    TMPDIR: attempt.tmp,
    XDG_CONFIG_HOME: path.join(home, '.config'),
    XDG_CACHE_HOME: path.join(home, '.cache'),
    XDG_DATA_HOME: path.join(home, '.local/share'),
    XDG_STATE_HOME: path.join(home, '.local/state'),
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    PORT: String(attempt.ports.from),
    HEADRACE_PORT_FROM: String(attempt.ports.from),
    HEADRACE_PORT_TO: String(attempt.ports.to),
    ...give,
    [markerName]: attempt.marker,
  }
}
