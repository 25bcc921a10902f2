import { CommanderError, type Command } from 'commander'
import { explain } from './explain.ts'
import { exitCode } from './exit-code.ts'
import { createProgram } from './program.ts'
import { inOwnName } from './terminal/own-name.ts'
import { createPaint } from './terminal/paint.ts'

/** How long what a command has left behind may keep the process. */
const goodbyeMs = 2_000

/** Runs the command that the arguments name. Never rejects: the exit status says how it went. */
export async function main(argv: readonly string[]): Promise<void> {
  // `headrace tail … | head` closes our output early: that is the wish of whoever reads it, not a failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) =>
    process.exit(error.code === 'EPIPE' ? exitCode.ok : exitCode.failed),
  )
  const program = createProgram()
  dropUnset(program)
  try {
    await program.parseAsync(argv)
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      // Commander has printed it: help and version end with 0, wrong usage with anything else.
      process.exitCode = thrown.exitCode === 0 ? exitCode.ok : exitCode.usage
      return
    }
    const problem = explain(thrown)
    process.stderr.write(`${createPaint(process.stderr)('red', 'error:')} ${inOwnName(problem.message)}\n`)
    if (program.opts()['verbose'] === true) process.stderr.write(`${stacks(problem)}\n`)
    process.exitCode = problem.exitCode
  } finally {
    leave()
  }
}

/**
 * Node waits for the peer of a connection to say goodbye, for minutes where the network has swallowed it. What was printed
 * is out before that counts.
 */
function leave(): void {
  process.stdout.write('', () => setTimeout(() => process.exit(), goodbyeMs).unref())
}

/** An empty variable is how shells and compose files spell "not set", and commander takes any value of a flag for yes. */
function dropUnset(program: Command): void {
  for (const { envVar, ...option } of allCommands(program).flatMap((command) => command.options)) {
    const value = envVar === undefined ? undefined : process.env[envVar]
    if (envVar === undefined || value === undefined) continue
    const isFlag = !option.required && !option.optional
    if (value.trim() === '' || (isFlag && /^(?:0|false|no|off)$/i.test(value))) delete process.env[envVar]
  }
}

function allCommands({ commands }: Command): readonly Command[] {
  return commands.flatMap((command) => [command, ...allCommands(command)])
}

/** The stacks of an error and of what caused it. */
function stacks(error: unknown): string {
  const lines: string[] = []
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) lines.push(cause.stack ?? cause.message)
  return lines.join('\ncaused by: ')
}
