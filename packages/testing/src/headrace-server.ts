import { randomUUID } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import type { CommandBody, HiddenEvent, Message, SessionEvent, SessionView, Verb } from '@headrace/core'
import { startFaultProxy } from './fault-proxy.ts'
import { HeadraceAgent } from './headrace-server/agent.ts'
import { HeadraceTab } from './headrace-server/tab.ts'
import { pagedMessage, seenEntry, seenState } from './headrace-server/translate.ts'
import type { Ability } from './session-kit/abilities.ts'
import { Refused, type Identity, type Right, type SessionServer } from './session-kit/session-server.ts'
import type { SeenEntry } from './session-kit/seen.ts'

/** Settings of {@link headraceServer}. */
export interface HeadraceServerOptions {
  /** Address of the server. */
  readonly url: string
  /** A token that may do everything there: identities of the tests are made with it. */
  readonly token: string
  /** Kills the server and starts it again at the same address. Default: it can't be. */
  readonly restart?: () => Promise<void>
  /** Where it keeps its data, if that is on this machine. Default: nobody can look. */
  readonly dataDirectory?: string
  /** The next notice of a session that the server sent to a webhook. Default: there is none to listen at. */
  readonly toldAway?: (session: string) => Promise<{ readonly to: string; readonly title: string }>
  /** Called by `close`. */
  readonly stop?: () => Promise<void>
}

const verbsOf: Readonly<Record<Right, readonly Verb[]>> = {
  read: ['read'],
  post: ['post'],
  send: ['send'],
  control: ['control'],
  answer: ['answer'],
  drive: ['take-floor'],
  admin: ['admin'],
}

/** Time in which an agent that says nothing is alive: the server's default. */
const defaultLeaseMs = 6_000

/**
 * A running Headrace server as the session kit sees it. It speaks the wire protocol itself and not through the client
 * library, so that it can drop, freeze and repeat what a client would not.
 *
 * @throws Refused for a token that the server does not take, and an Error where nobody answers at the address
 *
 * @example
 * ```ts
 * const report = await runAudit(await headraceServer({ url: 'http://127.0.0.1:4400', token }))
 * console.log(scoreTable(report))
 * ```
 */
export async function headraceServer(options: HeadraceServerOptions): Promise<SessionServer> {
  const { url, dataDirectory } = options
  const lacks = { ...lackingOf(options), ...(await notServed(url)) }
  const prefix = `audit/${randomUUID().slice(0, 8)}`
  const tokens = new Map<string, Promise<string>>()
  let sessions = 0

  const request = async (token: string, method: string, route: string, body?: unknown): Promise<Response> => {
    const response = await fetch(new URL(route, url), {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    if (response.ok) return response
    const said = (await response.json()) as { readonly error?: { readonly code: string; readonly message: string } } // PROTOCOL.md: Errors
    throw new Refused(said.error?.code ?? String(response.status), said.error?.message ?? response.statusText)
  }
  const mint = async (claims: Readonly<Record<string, unknown>>): Promise<string> => {
    const response = await request(options.token, 'POST', '/v1/tokens', claims)
    return ((await response.json()) as { readonly token: string }).token // PROTOCOL.md: HTTP
  }
  const tokenFor = (session: string, { id, name, kind, rights, validSeconds }: Identity): Promise<string> => {
    const claims = {
      sub: id,
      name,
      kind: kind === 'person' ? 'user' : 'operator',
      cap: [{ s: session, op: rights.flatMap((right) => verbsOf[right]) }],
      ...(validSeconds !== undefined && { ttlSeconds: validSeconds }),
    }
    // An identity that ends is made for each connection.
    if (validSeconds !== undefined) return mint(claims)
    const key = JSON.stringify(claims)
    const known = tokens.get(key) ?? mint(claims)
    tokens.set(key, known)
    return known
  }
  const at = (session: string, rest = ''): string => `/v1/sessions/${encodeURIComponent(session)}${rest}`
  const get = async (session: string, who: Identity, rest = ''): Promise<Response> =>
    request(await tokenFor(session, who), 'GET', at(session, rest))

  // A wrong token is one mistake and not one for each question.
  await request(options.token, 'GET', '/v1/me')
  return {
    name: 'Headrace',
    lacks,
    longestText: 262_144,

    async create({ attempts } = {}) {
      sessions += 1
      const id = `${prefix}/${sessions}`
      const body: CommandBody = { type: 'create', ...(attempts !== undefined && { maxAttempts: attempts }) }
      await request(options.token, 'POST', at(id, '/commands'), { body })
      return id
    },

    open: async (session, who, { after, through, device = `d-${randomUUID()}` } = {}) =>
      HeadraceTab.open({
        url: through ? `http://127.0.0.1:${through.port}` : url,
        token: () => tokenFor(session, who),
        session,
        device,
        ...(after !== undefined && { after }),
      }),

    async agent(session, name, { leaseMs = defaultLeaseMs } = {}) {
      const cap = [{ s: session, op: ['read', 'write-as-agent'] }]
      const token = await mint({ sub: `${name}-process`, kind: 'agent', cap, agents: [name] })
      return HeadraceAgent.open({ url, token, name, leaseMs })
    },

    async read(session, who, position) {
      const response = await get(session, who, position === undefined ? '' : `?at=${position}`)
      return seenState((await response.json()) as SessionView) // PROTOCOL.md: The view
    },

    async log(session, who) {
      const entries: SeenEntry[] = []
      for (;;) {
        const response = await get(session, who, `/events?after=${entries.at(-1)?.position ?? 0}&limit=10000`)
        const page = (await response.json()) as { readonly events: readonly (SessionEvent | HiddenEvent)[] } // PROTOCOL.md: HTTP
        if (page.events.length === 0) return entries
        for (const event of page.events) entries.push(seenEntry(event))
      }
    },

    async page(session, who, before, limit) {
      const response = await get(session, who, `/messages?before=${before}&limit=${limit}`)
      const page = (await response.json()) as { readonly messages: readonly Message[] } // PROTOCOL.md: HTTP
      return page.messages.map(pagedMessage)
    },

    export: async (session, who) => (await get(session, who, '/export')).text(),

    async erase(session) {
      await request(options.token, 'DELETE', at(session))
    },

    filesWith: async (text) => filesWith(dataDirectory ?? '', text),

    async restart() {
      await options.restart?.()
    },

    network: () => startFaultProxy({ target: Number(new URL(url).port || 80), host: new URL(url).hostname }),

    async toldAway(session) {
      if (!options.toldAway) throw new Error(lacks['reach-away'])
      return options.toldAway(session)
    },

    async cost() {
      const metrics = await (await request(options.token, 'GET', '/metrics')).text()
      const cpuSeconds = Number(/^process_cpu_seconds_total (\S+)$/m.exec(metrics)?.[1] ?? Number.NaN)
      return { cpuSeconds, storedBytes: await bytesIn(dataDirectory ?? '') }
    },

    async close() {
      await options.stop?.()
    },
  }
}

function lackingOf({ url, restart, dataDirectory, toldAway }: HeadraceServerOptions): Partial<Record<Ability, string>> {
  const { protocol, hostname } = new URL(url)
  const isNear = protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(hostname)
  return {
    ...(!restart && { restart: 'this server was started by somebody else' }),
    ...(dataDirectory === undefined && {
      files: 'its data directory was not named',
      cost: 'its data directory was not named',
    }),
    ...(!toldAway && { 'reach-away': 'nobody listens at the address that it tells' }),
    ...(!isNear && { network: 'the connection to it is encrypted, or it is on another machine' }),
  }
}

/** What an older server does not serve yet, as its own description of its routes says. */
async function notServed(url: string): Promise<Partial<Record<Ability, string>>> {
  const response = await fetch(new URL('/v1/openapi.json', url)).catch((cause: unknown) => {
    throw new Error(`No server answers at ${url}.`, { cause })
  })
  const text = response.ok ? await response.text() : '{}'
  const { paths } = JSON.parse(text) as { readonly paths?: Readonly<Record<string, unknown>> } // OpenAPI
  const session = JSON.stringify(paths?.['/v1/sessions/{session}'] ?? {})
  return {
    ...(!paths?.['/v1/sessions/{session}/export'] && { export: 'it serves no export' }),
    ...(!session.includes('"name":"at"') && { 'state-at': 'it serves no state of the past' }),
  }
}

async function filesIn(directory: string): Promise<readonly string[]> {
  const found = await readdir(directory, { recursive: true, withFileTypes: true })
  return found.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name))
}

/** Files come and go while the server works; one that went has nothing in it. */
async function filesWith(directory: string, text: string): Promise<number> {
  const found = await Promise.all(
    (await filesIn(directory)).map(async (file) => (await readFile(file).catch(() => Buffer.alloc(0))).includes(text)),
  )
  return found.filter(Boolean).length
}

async function bytesIn(directory: string): Promise<number> {
  const sizes = await Promise.all(
    (await filesIn(directory)).map(async (file) => (await stat(file).catch(() => undefined))?.size ?? 0),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}
