import { Command, InvalidArgumentError } from 'commander'
import { defaultData } from '../data-directory.ts'
import type { ServeOptions } from '../serve/serve.ts'
import { list, option, whole } from './options.ts'

/** `open`, or `open:path`: what stands before the streams that need no token. */
function openPath(text: string): string {
  const [, path = ''] = /^open(?::([A-Za-z0-9._/-]{1,256}))?$/.exec(text) ?? [undefined, undefined]
  if (/^open(?::|$)/.test(text) && (text === 'open' || path !== '')) return path
  throw new InvalidArgumentError('It is open, or open:<path>.')
}

export function serveCommand(): Command {
  return new Command('serve')
    .description('Start a server. Without keys it serves this machine only and prints a link with a token.')
    .addOption(option('--host <address>', 'address to listen on; other than loopback needs keys').default('127.0.0.1'))
    .addOption(option('--port <number>', 'port; 0 takes any free one').default(4400).argParser(whole(0, 65_535)))
    .addOption(option('--data <directory>', 'where sessions are kept').default(defaultData))
    .addOption(option('--auth-secret-file <file>', 'file with the secret that signs tokens (HS256, 32 bytes or more)'))
    .addOption(option('--auth-secret <secret>', 'the secret itself; better in the environment or a file'))
    .addOption(option('--jwks <url>', 'key set of the identity provider that signs tokens; needs issuer and audience'))
    .addOption(option('--issuer <name>', 'tokens must name this issuer (iss)'))
    .addOption(option('--audience <name>', 'tokens must name this audience (aud)'))
    .addOption(option('--cors <origin...>', 'origins of pages elsewhere that may connect').argParser(list))
    .addOption(
      option('--allowed-host <host...>', 'host names that the server answers for behind a proxy').argParser(list),
    )
    .addOption(
      option(
        '--trusted-proxy <address...>',
        'proxies whose X-Forwarded-For is believed: 10.0.0.1, 10.0.0.0/8',
      ).argParser(list),
    )
    .addOption(option('--call-agent <name=url...>', 'agents that are called by webhook for each run').argParser(list))
    .addOption(option('--agent-file <file>', 'JSON file of agents to call by HTTP, by name; see headrace agent'))
    .addOption(
      option('--notice-webhook <url...>', 'addresses told when a run is over or somebody is needed').argParser(list),
    )
    .addOption(option('--webhook-secret-file <file>', 'secrets that sign webhooks (whsec_…), the newest first'))
    .addOption(option('--push-contact <address>', 'turns Web Push on; whom push services may write to (mailto:…)'))
    .addOption(
      option(
        '--allow-private-host <host...>',
        'hosts that webhooks and agents may have on a private network',
      ).argParser(list),
    )
    .addOption(
      option(
        '--durable-streams <how>',
        'streams at /v1/stream/ without a token: open, or open:<path> for those under a path; loopback only',
      ).argParser(openPath),
    )
    .addOption(
      option('--long-poll-timeout <ms>', 'how long a reader of a stream waits for more').argParser(whole(1, 60_000)),
    )
    .addOption(
      option(
        '--accept-damage',
        'start in spite of damaged files; what they held is lost, and sessions that show it say so',
      ),
    )
    .addOption(option('--json', 'print one line of JSON when ready: ready, url, token, pid'))
    .addOption(option('--quiet', 'print nothing but the ready line and errors'))
    .addHelpText(
      'after',
      `
Examples:
  headrace serve                                   http://127.0.0.1:4400, data in ${defaultData}
  headrace serve --port 0 --json                   for scripts
  HEADRACE_AUTH_SECRET_FILE=/run/secrets/headrace headrace serve --host 0.0.0.0 --allowed-host chat.example.com
  headrace serve --host 0.0.0.0 --jwks https://id.example.com/.well-known/jwks.json \\
      --issuer https://id.example.com --audience chat
  headrace serve --durable-streams open:scratch    streams under /v1/stream/scratch/ for whatever runs here
  headrace serve --call-agent support=https://agents.example.com/hook --webhook-secret-file ./webhook-secret

It writes <data>/server.json (address and token, for the other commands on this machine) and removes it when it stops.
The first SIGTERM or Ctrl-C finishes what was accepted, a second one stops at once.`,
    )
    .action(async (options: ServeOptions, command: Command) => {
      const { serve } = await import('../serve/serve.ts')
      await serve({ ...options, secretInArguments: command.getOptionValueSource('authSecret') === 'cli' })
    })
}
