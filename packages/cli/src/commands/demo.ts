import { Command } from 'commander'
import { demoData } from '../data-directory.ts'
import type { DemoOptions } from '../demo/demo.ts'
import { decimal, option, whole } from './options.ts'

export function demoCommand(): Command {
  return new Command('demo')
    .description('See it work: a server, two agents, a session and a web page, in one command.')
    .addOption(option('--port <number>', 'port; 0 takes any free one').default(4400).argParser(whole(0, 65_535)))
    .addOption(option('--data <directory>', 'where the sessions of the demo are kept').default(demoData))
    .addOption(
      option('--speed <times>', 'how many times as fast as a model the script is spoken; 0.5 is half as fast')
        .default(1)
        .argParser(decimal(0.1, 100)),
    )
    .addOption(option('--scripted', 'use the script also where a model is named'))
    .option('--open', 'open the page in the browser')
    .addOption(option('--json', 'print one line of JSON when ready: ready, url, token, pid, links'))
    .addHelpText(
      'after',
      `
The agents follow a script, unless a model is named:
  OPENAI_API_KEY or OPENAI_BASE_URL           OpenAI, or a server that speaks its Chat Completions
  ANTHROPIC_API_KEY or ANTHROPIC_BASE_URL     Anthropic, or a server that speaks its Messages
  HEADRACE_MODEL                              name of the model

Examples:
  headrace demo
  headrace demo --port 0 --open
  OPENAI_BASE_URL=http://127.0.0.1:11434/v1 HEADRACE_MODEL=llama3.2 headrace demo`,
    )
    .action(async (options: DemoOptions) => {
      const { demo } = await import('../demo/demo.ts')
      await demo(options)
    })
}
