import { Command, Option } from 'commander'
import { defaultData } from '../data-directory.ts'
import { parseDuration } from '../terminal/duration.ts'
import type { TokenOptions } from '../token/token.ts'
import { list, option } from './options.ts'

export function tokenCommand(): Command {
  return new Command('token')
    .description('Make a token, and print it and nothing else. Works without the server running.')
    .requiredOption('--sub <id>', 'who it is for: an id of your own')
    .option('--name <name>', 'display name')
    .option('--kind <kind>', 'user, agent or operator', 'user')
    .option('--cap <pattern:verbs>', 'sessions and verbs, repeatable: team/*:read,send', collect)
    .addOption(
      option('--agents <name...>', 'agents that it may work as, * for any; an agent may work as itself').argParser(
        list,
      ),
    )
    .option('--tenant <name>', 'tenant', 'default')
    .addOption(
      new Option('--ttl <time>', 'how long it is valid: 15m, 12h, 30d')
        .argParser(parseDuration)
        .default(parseDuration('12h'), '12h'),
    )
    .addOption(
      option('--data <directory>', 'data directory of the server, whose own secret signs').default(defaultData),
    )
    .addOption(option('--auth-secret-file <file>', 'file with the secret that the server was given'))
    .addOption(option('--auth-secret <secret>', 'the secret itself; better in the environment or a file'))
    .addOption(option('--issuer <name>', 'issuer that the server asks for'))
    .addOption(option('--audience <name>', 'audience that the server asks for'))
    .addHelpText(
      'after',
      `
A pattern is split at "/": * is one segment, ** at the end is any number, ** alone is every session.
Verbs: read, post, send, control, answer, take-floor, write-as-agent, admin.
Without --cap: a user may read, post, send, control, answer and take the floor in every session; an agent may read and
write as itself everywhere; an operator may do everything.

Examples:
  headrace token --sub ada --name "Ada" --cap 'team/*:read,send,control'
  headrace token --sub writer --kind agent --ttl 30d
  headrace token --sub reader --cap 'demo/welcome:read' --ttl 1h --auth-secret-file ./secret`,
    )
    .action(async (options: TokenOptions, command: Command) => {
      const { token } = await import('../token/token.ts')
      await token({ ...options, secretInArguments: command.getOptionValueSource('authSecret') === 'cli' })
    })
}

function collect(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value]
}
