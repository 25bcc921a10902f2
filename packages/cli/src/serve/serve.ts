import { verbs, type HeadraceError } from '@headrace/core'
import { processOutput, type Output } from '../terminal/console.ts'
import { createPaint } from '../terminal/paint.ts'
import { readAgentFile } from '../agents/agent-file.ts'
import { argumentWarning } from './argument-warning.ts'
import { chooseKeys, type KeyOptions } from './keys.ts'
import { linkOf } from './link.ts'
import { outbound, type OutboundOptions } from './outbound.ts'
import { removeServerFile, writeServerFile } from './server-file.ts'
import { stopOnSignal } from './shutdown.ts'
import { startServer, type RunningServer } from './start-server.ts'

export interface ServeOptions extends KeyOptions, OutboundOptions {
  readonly host: string
  readonly port: number
  readonly data: string
  readonly cors?: readonly string[]
  readonly allowedHost?: readonly string[]
  readonly trustedProxy?: readonly string[]
  /** Streams under this path need no token; `''`: none of them does. */
  readonly durableStreams?: string
  readonly longPollTimeout?: number
  readonly acceptDamage?: boolean
  readonly agentFile?: string
  readonly json?: boolean
  readonly quiet?: boolean
  /** Whether --auth-secret was given as an argument, where other users of the machine can read it. */
  readonly secretInArguments?: boolean
}

/** How long the link of a local server works. */
const operatorTtlSeconds = 30 * 86_400

/** Runs a server until it is told to stop. */
export async function serve(options: ServeOptions, output: Output = processOutput): Promise<void> {
  const { host, port, data, cors, allowedHost: hosts, trustedProxy: trustedProxies, json, quiet } = options
  const tell = quiet === true ? (): void => undefined : output.err
  if (options.secretInArguments === true) output.err(argumentWarning)
  const keys = chooseKeys(options)
  const server = await startServer({
    host,
    port,
    data,
    keys,
    outbound: outbound(options),
    ...(options.agentFile !== undefined && { declared: readAgentFile(options.agentFile) }),
    onError: (error) => output.err(newsOf(error)),
    ...(cors && { cors }),
    ...(hosts && { hosts }),
    ...(trustedProxies && { trustedProxies }),
    durableStreams: {
      ...(options.durableStreams !== undefined && { open: options.durableStreams }),
      ...(options.longPollTimeout !== undefined && { longPollTimeoutMs: options.longPollTimeout }),
    },
    ...(options.acceptDamage === true && { acceptDamage: true }),
  })
  try {
    // With keys of their own people have their own tokens, and ours would only be one more secret in a log.
    const token = keys.type === 'local' ? await mintOperator(server) : undefined
    const { url, hasConsole } = server
    writeServerFile(data, { url, pid: process.pid, ...(token !== undefined && { token }) }, output.err)
    const stopped = stopOnSignal({ stop: () => server.close(), last: () => removeServerFile(data), say: tell })
    if (json === true) output.out(JSON.stringify({ ready: true, url, token: token ?? null, pid: process.pid }))
    else output.out(`${createPaint(process.stdout)('bold', 'Headrace is ready:')} ${linkOf(url, token)}`)
    if (!hasConsole) tell('The web page is missing here: build it with `npm run build`. The API works without it.')
    if (json !== true) for (const line of notes(token !== undefined, data)) tell(line)
    if (options.durableStreams !== undefined) tell(openNote(options.durableStreams))
    await stopped
  } catch (thrown) {
    await server.close()
    throw thrown
  }
}

/** As the library says it, and where it names an option, with that of this command. */
function newsOf({ code, message, detail }: HeadraceError): string {
  const origin = detail?.['origin']
  const said =
    code === 'origin_not_allowed' && typeof origin === 'string' && URL.canParse(origin)
      ? message.replace('add their exact origin to its cors option', `start it with --cors ${origin}`)
      : message
  return `${code}: ${said}`
}

function notes(isLocal: boolean, data: string): readonly string[] {
  return [
    isLocal
      ? 'The link lets whoever has it do everything. It works on this machine only.'
      : 'Tokens come from your own keys; `headrace token` can make one from a secret.',
    `Sessions are kept in ${data}. Press Ctrl-C to stop.`,
  ]
}

function openNote(path: string): string {
  const which = path === '' ? 'Every stream' : `Every stream under ${path}/`
  return `${which} at /v1/stream/ is open to all programs on this machine: they need no token for it.`
}

async function mintOperator({ auth }: RunningServer): Promise<string | undefined> {
  return auth.mint?.(
    { sub: 'local', kind: 'operator', name: 'Operator', cap: [{ s: '**', op: [...verbs] }], agents: ['*'] },
    operatorTtlSeconds,
  )
}
