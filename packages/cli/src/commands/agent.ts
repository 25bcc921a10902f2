import { Command, Option } from 'commander'
import { agentFormats } from '@headrace/formats'
import type { AddOptions, ListOptions, ServerOptions } from '../agents/agents.ts'
import { parseDuration } from '../terminal/duration.ts'
import { option, whole } from './options.ts'

/** Agents that the server calls by HTTP. */
export function agentCommand(): Command {
  const command = new Command('agent')
    .description('Make HTTP endpoints that you have agents of the server. Needs the verb admin on all sessions.')
    .addHelpText(
      'after',
      `
Examples:
  headrace agent add --name support --url https://example.com/api/chat --format ai-sdk
  headrace agent test support "Where is my order?"
  headrace agent list`,
    )
  for (const made of [addCommand(), listCommand(), showCommand(), removeCommand(), testCommand()])
    command.addCommand(made)
  return command
}

function addCommand(): Command {
  return withServer(new Command('add'))
    .description('Register an endpoint as an agent, or change how it is called: what is left out is as by default.')
    .requiredOption('--name <agent>', 'name of the agent')
    .requiredOption('--url <url>', 'where it is called, by POST')
    .addOption(new Option('--format <format>', 'what it takes and answers').choices(agentFormats).makeOptionMandatory())
    .option('--header <line...>', 'sent with each call, as "Name: value"; secrets are better in a file', lines)
    .option('--header-file <file>', 'the same, one in a line')
    .option('--secret-file <file>', 'secrets that sign calls (whsec_…), the newest first')
    .option('--model <name>', 'the field model of each body')
    .option('--body <json>', 'more fields of each body')
    .addOption(
      new Option('--retry <when>', 'on-loss: call again when an answer was lost in the middle').choices([
        'never',
        'on-loss',
      ]),
    )
    .option('--capacity <runs>', 'runs at the same time (default: 16)', whole(1, 10_000))
    .option('--lease <time>', 'a run that is silent for so long counts as lost (default: 6s)', parseDuration)
    .option('--first-byte <time>', 'longest time until an answer begins (default: 2m)', parseDuration)
    .option('--idle <time>', 'longest silence in the middle of an answer (default: 2m)', parseDuration)
    .option('--total <time>', 'longest time of an answer (default: 30m)', parseDuration)
    .option('--max-bytes <bytes>', 'longest answer (default: 33554432)', whole(1_024, 1_073_741_824))
    .addHelpText(
      'after',
      `
Examples:
  headrace agent add --name support --url https://example.com/api/chat --format ai-sdk --secret-file ./webhook-secret
  headrace agent add --name gpt --url https://api.openai.com/v1/responses --format openai-responses --model gpt-5.2 \\
      --header-file ./openai-header
  headrace agent add --name local --url http://127.0.0.1:3000/api/chat --format ai-sdk

The last one needs a server that may reach it: headrace serve --allow-private-host 127.0.0.1:3000`,
    )
    .action(async (options: AddOptions) => {
      const { addAgent } = await import('../agents/agents.ts')
      await addAgent(options)
    })
}

function listCommand(): Command {
  return withServer(new Command('list'))
    .description('List the agents that are registered.')
    .option('--json', 'one line of JSON for each')
    .action(async (options: ListOptions) => {
      const { listAgents } = await import('../agents/agents.ts')
      await listAgents(options)
    })
}

function showCommand(): Command {
  return withServer(new Command('show'))
    .description('Show how an agent is called, as JSON, without its secrets.')
    .argument('<agent>', 'name of the agent')
    .action(async (name: string, options: ServerOptions) => {
      const { showAgent } = await import('../agents/agents.ts')
      await showAgent(name, options)
    })
}

function removeCommand(): Command {
  return withServer(new Command('remove'))
    .description('Stop calling an agent, and remove its settings with their secrets.')
    .argument('<agent>', 'name of the agent')
    .action(async (name: string, options: ServerOptions) => {
      const { removeAgent } = await import('../agents/agents.ts')
      await removeAgent(name, options)
    })
}

function testCommand(): Command {
  return withServer(new Command('test'))
    .description('Ask an agent something in a session of its own, and print the answer.')
    .argument('<agent>', 'name of the agent')
    .argument('[text...]', 'what to ask (default: Hello!)')
    .action(async (name: string, words: readonly string[], options: ServerOptions) => {
      const { testAgent } = await import('../agents/agents.ts')
      await testAgent(name, words, options)
    })
}

function lines(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value]
}

function withServer(command: Command): Command {
  return command
    .addOption(
      new Option('--server <url>', 'address of the server, or its link with the token in it').env('HEADRACE_URL'),
    )
    .addOption(
      option('--token <token>', 'token; better in HEADRACE_TOKEN, as other users of the machine can read arguments'),
    )
    .addOption(
      option('--data <directory>', 'data directory of a server on this machine, to find its address and token'),
    )
}
