import { Command } from 'commander'
import type { TargetOptions } from '../connection/target.ts'
import { withTarget } from './options.ts'

export function mcpCommand(): Command {
  return withTarget(new Command('mcp'))
    .description('Serve tools over sessions to a model, by the Model Context Protocol on standard input and output.')
    .addHelpText(
      'after',
      `
Programs such as coding agents start it; the tools have the rights of the token. A server also has them at /v1/mcp.

Examples:
  claude mcp add headrace -- npx headrace mcp
  headrace mcp --url https://sessions.example.com     (the token in HEADRACE_TOKEN)`,
    )
    .action(async (options: TargetOptions) => {
      const { mcp } = await import('../mcp/mcp.ts')
      await mcp(options)
    })
}
