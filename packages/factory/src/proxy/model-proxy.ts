/**
 * The way of agents to their models (T1a): a server on loopback that holds the keys, knows each attempt by a token of its
 * own, passes calls on to the providers of the configuration and nowhere else, counts what they use, and refuses them when a
 * budget is used up.
 *
 *   call ─▶ token known? ─▶ provider and route known? ─▶ budget left? ─▶ body read ─▶ passed on ─▶ answer, counted as it passes
 *
 * What an agent sends is hostile: it may send anything, slowly, and go away at any time. What a provider sends is passed
 * through byte for byte.
 */
import { once } from 'node:events'
import { constants } from 'node:fs'
import { open as openFolder, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createDoor, type Socket } from 'node:net'
import path from 'node:path'
import type { ModelSocket } from '../cell/cell.ts'
import { AccessState, type AccessOptions, type ModelAccess } from './model-access.ts'
import { passOn, type CallLimits } from './pass-on.ts'
import type { ModelPrice } from './price.ts'
import { routeOf, type ModelProvider, type ProviderKind } from './provider.ts'
import { refusalBody, type Refusal } from './refusal.ts'

/** Which models there are. */
export interface ModelsConfig {
  /** By names of 1 to 64 lower-case letters, digits and hyphens. */
  readonly providers: Readonly<Record<string, ModelProvider>>
  /** By the exact name of a model. One that is not here has no cost. */
  readonly prices?: Readonly<Record<string, ModelPrice>>
}

export interface ModelProxyOptions extends CallLimits {
  /** Read again for each call. */
  readonly models: () => ModelsConfig
  /** Port on 127.0.0.1. Default: any free one. */
  readonly port?: number
  /** Calls at the same time of one attempt. Default 32. */
  readonly maxOpenCalls?: number
}

/** The way to models. */
export interface ModelProxy {
  /** Address without a path. */
  readonly url: string
  /** Lets an attempt ask models. */
  open(options?: AccessOptions): ModelAccess
  /**
   * Listens in a folder as well: a network without a route is reached by files only. What another process left there is
   * removed. Linux only.
   */
  openSocket(folder: string): Promise<OpenModelSocket>
  /** Ends all calls. Idempotent. */
  close(): Promise<void>
}

/** A socket of the proxy in a folder. */
export interface OpenModelSocket extends ModelSocket {
  /** Takes no more calls there, and cuts those under way. Idempotent. */
  close(): Promise<void>
}

/** Starts the way to models. */
export async function startModelProxy(options: ModelProxyOptions): Promise<ModelProxy> {
  const { models, port = 0, maxOpenCalls = 32 } = options
  const known = new Map<string, AccessState>()
  const sockets = new Set<OpenModelSocket>()

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [, name = '', rest = ''] = /^\/([a-z0-9-]{1,64})(\/[^?#]*)/.exec(request.url ?? '') ?? []
    const { providers, prices = {} } = models()
    const provider = Object.hasOwn(providers, name) ? providers[name] : undefined
    const kind = provider?.kind ?? 'openai'
    const refuse = (refusal: Refusal): void => sendRefusal(response, kind, refusal)
    const access = known.get(tokenOf(request))
    if (!access) return refuse({ status: 401, code: 'token_unknown', message: 'This token is not known, or is over.' })
    if (!provider) {
      const names = Object.keys(providers).join(', ') || 'none'
      const message = `There is no provider of models at ${(request.url ?? '').slice(0, 100)}. Providers: ${names}.`
      return refuse({ status: 404, code: 'not_passed_on', message })
    }
    const route = routeOf(kind, request.method ?? 'GET', rest)
    if (!route) {
      const message = `${request.method} ${rest.slice(0, 200)} is not passed on: only what asks a model, and is counted, is.`
      return refuse({ status: 404, code: 'not_passed_on', message })
    }
    const exhausted = access.exhausted()
    if (exhausted !== undefined) return refuse({ status: 429, code: 'budget_exhausted', message: exhausted })
    if (access.openCalls >= maxOpenCalls) {
      const message = `This attempt has ${maxOpenCalls} calls under way, the most it may.`
      return refuse({ status: 429, code: 'too_many_calls', message })
    }
    await passOn({ request, response, name, provider, route, rest, prices, access, refuse, limits: options })
  }

  const server = createServer({ requestTimeout: 120_000 }, (request, response) => {
    serve(request, response).catch((thrown: unknown) => {
      const message = `The call failed here: ${thrown instanceof Error ? thrown.message : 'unknown'}`
      if (response.headersSent) response.destroy()
      else sendRefusal(response, 'openai', { status: 500, code: 'model_unreachable', message })
    })
  })
  // It is no way to anywhere else.
  server.on('connect', (_request, socket) => socket.destroy())
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  let closing: Promise<unknown> | undefined
  return {
    url,
    open(accessOptions = {}) {
      const access = new AccessState(accessOptions)
      known.set(access.token, access)
      return {
        token: access.token,
        url(kind, provider) {
          const { providers } = models()
          const found = Object.entries(providers).find(
            ([name, one]) => one.kind === kind && (provider === undefined || name === provider),
          )
          return found && `${url}/${found[0]}`
        },
        exhaust: (why) => access.exhaust(why),
        close() {
          known.delete(access.token)
          access.exhaust('The attempt is over.')
        },
      }
    },
    async openSocket(folder) {
      const socket = await openSocket(server, { folder, port: Number(new URL(url).port) })
      sockets.add(socket)
      return socket
    },
    async close() {
      for (const access of known.values()) access.exhaust('The floor is closed.')
      known.clear()
      closing ??= (async () => {
        const closed = once(server, 'close')
        server.close()
        server.closeAllConnections()
        await Promise.all([closed, ...[...sockets].map((socket) => socket.close())])
      })()
      await closing
    },
  }
}

async function openSocket(
  server: Server,
  { folder, port }: { readonly folder: string; readonly port: number },
): Promise<OpenModelSocket> {
  const socket = path.join(folder, 'models.sock')
  await rm(socket, { force: true })
  const open = new Set<Socket>()
  const door = createDoor((connection) => {
    open.add(connection)
    connection.once('close', () => open.delete(connection))
    server.emit('connection', connection)
  })
  // The name of a socket has at most 107 bytes; seen from its open folder it is short wherever that is.
  const place = await openFolder(folder, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    door.listen(`/proc/self/fd/${place.fd}/models.sock`)
    await once(door, 'listening')
  } catch (thrown) {
    await place.close()
    throw thrown
  }
  let closing: Promise<void> | undefined
  return {
    socket,
    port,
    close: () =>
      (closing ??= (async () => {
        const closed = once(door, 'close')
        door.close()
        for (const connection of open) connection.destroy()
        await closed
        await place.close()
      })()),
  }
}

function sendRefusal(response: ServerResponse, kind: ProviderKind, refusal: Refusal): void {
  const body = JSON.stringify(refusalBody(kind, refusal))
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    // What is not read of a body must not be taken for the next request.
    connection: 'close',
    // The SDKs of providers try again otherwise, also where that can't help.
    ...(refusal.status < 500 && { 'x-should-retry': 'false' }),
  }
  response.writeHead(refusal.status, headers)
  response.end(body)
}

/** Clients send it where their provider wants its key. */
function tokenOf({ headers, url = '' }: IncomingMessage): string {
  const bearer = /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1]
  const named = headers['x-api-key'] ?? headers['x-goog-api-key']
  if (typeof named === 'string') return named
  return bearer ?? new URLSearchParams(url.split('?')[1] ?? '').get('key') ?? ''
}
