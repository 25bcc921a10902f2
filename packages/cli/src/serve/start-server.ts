import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { fileURLToPath } from 'node:url'
import type { HeadraceError } from '@headrace/core'
import {
  assertSafeBinding,
  createHeadrace,
  createJwksAuth,
  createLocalAuth,
  createSecretAuth,
  hardenServer,
  httpServerOptions,
  isLoopbackHost,
  type Auth,
  type Headrace,
  type HeadraceOptions,
  type HttpAgentSettings,
} from '@headrace/server'
import { openEmbeddedStore } from '@headrace/server/store/embedded'
import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'
import { declareAgents } from '../agents/agent-file.ts'
import { hideFromGit } from '../data-directory.ts'
import { explainStart } from './explain-start.ts'
import { runAgents } from './run-agents.ts'
import type { Keys } from './keys.ts'
import { tuneHeap } from './tune-heap.ts'

export interface StartOptions {
  readonly host: string
  readonly port: number
  readonly data: string
  readonly keys: Keys
  readonly cors?: readonly string[]
  readonly hosts?: readonly string[]
  readonly trustedProxies?: readonly string[]
  readonly acceptDamage?: boolean
  readonly durableStreams?: NonNullable<HeadraceOptions['durableStreams']>
  /** What it calls by itself. */
  readonly outbound: Pick<HeadraceOptions, 'agents' | 'notify' | 'outgoing'>
  /** Agents behind HTTP that are registered at the start. */
  readonly declared?: ReadonlyMap<string, HttpAgentSettings>
  /** Failures that no caller hears of. */
  readonly onError: (error: HeadraceError) => void
}

export interface RunningServer {
  /** Where it can be reached from this machine. */
  readonly url: string
  readonly auth: Auth
  /** Whether the web page is there: it is missing in a checkout that was not built. */
  readonly hasConsole: boolean
  /** Finishes what was accepted and closes everything. Idempotent. */
  close(): Promise<void>
}

/** Connections that are still open so long after the server closed are cut. */
const lingerMs = 2_000

/**
 * Starts a server: store, keys, doors, in this order, so that the port answers only when everything behind it does.
 *
 * @throws Problem that says why it could not start and what to do
 */
export async function startServer(options: StartOptions): Promise<RunningServer> {
  const { host, port, data, keys, cors, hosts, trustedProxies } = options
  // Why it did not start is what counts then, and not what was under way.
  let hasFailed = false
  const onError = (error: HeadraceError): void => {
    if (!hasFailed) options.onError(error)
  }
  tuneHeap()
  const opened: (() => Promise<unknown>)[] = []
  try {
    // First, so that a server that may not start leaves nothing behind.
    if (options.durableStreams?.open !== undefined && !isLoopbackHost(host)) throw openToOthers(host)
    assertSafeBinding({ host, auth: { source: keys.type === 'local' ? 'local' : 'keys', verify: refuseAll } })
    await tryPort(host, port)
    const store = await openEmbeddedStore({
      directory: data,
      onError,
      ...(options.acceptDamage === true && { acceptDamage: true }),
    })
    opened.push(() => store.close())
    hideFromGit(data)
    const auth = await createAuth(keys, data)
    const consoleDirectory = findConsole()
    const headrace = createHeadrace({
      store,
      auth,
      onError,
      loopbackOnly: isLoopbackHost(host),
      ...options.outbound,
      ...(cors && { cors }),
      ...(hosts && { hosts }),
      ...(trustedProxies && { trustedProxies }),
      ...(options.durableStreams && { durableStreams: options.durableStreams }),
      ...(consoleDirectory !== undefined && { consoleDirectory }),
    })
    opened.push(() => headrace.close())
    if (options.declared) await declareAgents(headrace.agents, options.declared)
    const agents = runAgents({ headrace, onError })
    opened.push(() => agents.close())
    const server = createServer(httpServerOptions)
    hardenServer(server, trustedProxies && { trustedProxies })
    headrace.attach(server)
    await listen(server, host, port)
    let closing: Promise<void> | undefined
    return {
      url: addressOf(server, host),
      auth,
      hasConsole: consoleDirectory !== undefined,
      close: () => (closing ??= agents.close().then(() => closeAll(server, headrace))),
    }
  } catch (thrown) {
    hasFailed = true
    for (const close of opened.reverse()) await close().catch(() => undefined)
    throw explainStart(thrown, { host, port, data })
  }
}

function openToOthers(host: string): Problem {
  const shown = host === '' ? 'every address' : host
  return new Problem(
    exitCode.usage,
    `--durable-streams open is for a server on loopback only, not on ${shown}: whoever reaches it could use the streams. Bind to 127.0.0.1, or leave it out and give out tokens.`,
  )
}

function refuseAll(): Promise<never> {
  return Promise.reject(new Error('not asked'))
}

async function createAuth(keys: Keys, data: string): Promise<Auth> {
  switch (keys.type) {
    case 'local':
      return createLocalAuth(data)
    case 'secret':
      return createSecretAuth(keys.secret, keys)
    case 'jwks':
      return createJwksAuth(keys.url, { issuer: keys.issuer, audience: keys.audience })
    default:
      return keys satisfies never
  }
}

/** The built web page: beside `src` and `dist`. */
function findConsole(): string | undefined {
  const directory = fileURLToPath(new URL('../../console', import.meta.url))
  return existsSync(`${directory}/index.html`) ? directory : undefined
}

/** Whether the port can be had. Asked before the data directory is made, and made sure of after. */
async function tryPort(host: string, port: number): Promise<void> {
  if (port === 0) return
  const probe = createServer()
  await listen(probe, host, port)
  await new Promise((resolve) => probe.close(resolve))
}

/**
 * Connections that may wait to be accepted; the system may allow fewer (`net.core.somaxconn`). When a server is back, all
 * clients come at once. For whom there is no room in Node's usual 511 the system tries again a second later, and then two.
 */
const backlog = 16_384

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, backlog }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** An address that a browser on this machine can open, also when the server listens on every address. */
function addressOf(server: Server, host: string): string {
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const everywhere = host === '0.0.0.0' || host === '::' || host === ''
  const name = everywhere ? '127.0.0.1' : host.includes(':') ? `[${host.replace(/^\[|\]$/g, '')}]` : host
  return `http://${name}:${port}`
}

async function closeAll(server: Server, headrace: Headrace): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  const cut = setTimeout(() => server.closeAllConnections(), lingerMs)
  try {
    await headrace.close()
    server.closeIdleConnections()
    await closed
  } finally {
    clearTimeout(cut)
  }
}
