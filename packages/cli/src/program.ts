import { createRequire } from 'node:module'
import { Command } from 'commander'
import { agentCommand } from './commands/agent.ts'
import { cancelCommand } from './commands/cancel.ts'
import { controlCommands } from './commands/control.ts'
import { demoCommand } from './commands/demo.ts'
import { factoryCommand } from './commands/factory.ts'
import { helpCommand, refuseUnknown } from './commands/help.ts'
import { historyCommands } from './commands/history.ts'
import { inboxCommands } from './commands/inbox.ts'
import { mcpCommand } from './commands/mcp.ts'
import { sendCommand } from './commands/send.ts'
import { serveCommand } from './commands/serve.ts'
import { sessionsCommand } from './commands/sessions.ts'
import { tailCommand } from './commands/tail.ts'
import { tokenCommand } from './commands/token.ts'
import { salvageCommand } from './commands/salvage.ts'
import { verifyCommand } from './commands/verify.ts'
import { exitCodeHelp } from './exit-code.ts'
import { ownName } from './terminal/own-name.ts'
import { createPaint } from './terminal/paint.ts'

/** The whole command line. The files of the commands hold their options only; what they do is loaded when they run. */
export function createProgram(): Command {
  const program = new Command('headrace')
    .description('Durable sessions between AI agents and clients.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .option('--verbose', 'print stacks of errors')
    .addHelpText(
      'after',
      `
Examples:
  headrace demo                                   see it work, with two agents and a web page
  headrace serve                                  a server for this machine; prints the link
  headrace send team/plan "Hello" --create        write into a session
  headrace tail team/plan                         follow a session

Options with an "env" in their help can be set in the environment, for example HEADRACE_PORT=4500.
Colours follow NO_COLOR and FORCE_COLOR.

${exitCodeHelp}`,
    )
  const commands = [
    serveCommand(),
    demoCommand(),
    tokenCommand(),
    sessionsCommand(),
    tailCommand(),
    sendCommand(),
    cancelCommand(),
    ...controlCommands(),
    ...inboxCommands(),
    ...historyCommands(),
    mcpCommand(),
    verifyCommand(),
    salvageCommand(),
    agentCommand(),
    factoryCommand(),
  ]
  for (const command of commands) program.addCommand(command)
  for (const command of withBelow(program)) {
    if (command.commands.length > 0) explainBelow(command)
  }
  for (const command of withBelow(program)) {
    command
      .exitOverride()
      .showSuggestionAfterError()
      .showHelpAfterError(`(${fullName(command)} --help shows how it is used)`)
      .configureOutput({
        outputError: (text, write) => write(text.replace(/^error:/, createPaint(process.stderr)('red', 'error:'))),
      })
  }
  return program
}

/** Its `help`; and `headrace tial --help` is no question about all commands. */
function explainBelow(group: Command): void {
  group
    .helpCommand(false)
    .addCommand(helpCommand())
    .addHelpText('beforeAll', () => {
      const [word] = group.args
      if (word !== undefined && !word.startsWith('-')) refuseUnknown(group, word)
      return ''
    })
}

/** A command and all below it. */
function withBelow(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(withBelow)]
}

/** As in `headrace factory task add`. */
function fullName(command: Command): string {
  return command.parent ? `${fullName(command.parent)} ${command.name()}` : ownName()
}

function version(): string {
  // Two levels of folders in the sources and in what is published: src/ and dist/ stand side by side.
  const manifest: unknown = createRequire(import.meta.url)('../package.json')
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown'
}
