/** What the exit status of the command says. `headrace --help` prints this table; a test compares the two. */
export const exitCode = {
  ok: 0,
  /** Something unforeseen. */
  failed: 1,
  /** Unknown option, missing argument, wrong value. */
  usage: 2,
  /** The server could not start: address, port, keys or data directory. */
  notStarted: 3,
  /** No server answers. */
  unreachable: 4,
  /** The server answered no: token, right, session, limit. */
  refused: 5,
  /** `send --follow`: the answer was stopped, failed or lost. */
  unfinished: 6,
  /** Ctrl-C. */
  interrupted: 130,
} as const

export type ExitCode = (typeof exitCode)[keyof typeof exitCode]

export const exitCodeHelp: string = `Exit status:
  0  done
  1  unforeseen failure (--verbose shows more)
  2  wrong usage: option, argument or value
  3  the server could not start: address, port, keys or data directory
  4  no server answers
  5  the server refused: token, right, unknown session, limit
  6  send --follow: the answer was stopped, failed or lost`
