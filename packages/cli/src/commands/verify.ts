import { Command } from 'commander'
import type { VerifyOptions } from '../verify/verify.ts'
import { option } from './options.ts'

export function verifyCommand(): Command {
  return new Command('verify')
    .description('Check an export of a session, without a server: that nothing was changed, dropped or added.')
    .argument('<file>', 'the export; - reads standard input')
    .option('--link <hash>', 'the last link of the chain, as it is known from elsewhere')
    .addOption(option('--json', 'print what was found as JSON'))
    .addHelpText(
      'after',
      `
Examples:
  curl -H "Authorization: Bearer $HEADRACE_TOKEN" http://localhost:4400/v1/sessions/a/export > a.jsonl
  headrace verify a.jsonl`,
    )
    .action(async (file: string, options: VerifyOptions) => {
      const { verify } = await import('../verify/verify.ts')
      await verify(file, options)
    })
}
