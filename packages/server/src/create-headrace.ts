import { randomUUID } from 'node:crypto'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { HeadraceError, defaultSessionLimits, type AgentName, type SessionLimits, type Store } from '@headrace/core'
import { createHttpAgents, type HttpAgents } from './agents/http-agents.ts'
import { createAccess } from './auth/access.ts'
import { createOwnTokens } from './auth/own-tokens.ts'
import { systemClock, type Clock } from './clock.ts'
import { defaultConnectionLimits, type ConnectionLimits } from './door/connection-limits.ts'
import { createGate } from './door/gate.ts'
import { tellRefusedPages } from './door/tell-refused-pages.ts'
import { createHttpDoor } from './door/http-door.ts'
import { defaultHttpLimits, type HttpLimits } from './door/http-limits.ts'
import { readStreamOptions, type DurableStreamsOptions } from './door/stream-options.ts'
import { createTraffic } from './door/traffic.ts'
import { WsDoor } from './door/ws-door.ts'
import { startWebhookAgent, type WebhookAgent } from './dispatch/webhook-agent.ts'
import { RoomHub } from './hub.ts'
import { inProcessWebSocket } from './in-process.ts'
import { createMetrics } from './metrics.ts'
import { Notifier } from './notify/notifier.ts'
import { createNoticeWebhook, type NoticeWebhook } from './notify/notice-webhook.ts'
import { createPushSubscriptions } from './notify/subscriptions.ts'
import { createVapid } from './notify/vapid.ts'
import { createWebPush } from './notify/web-push.ts'
import { createOutgoing, type OutgoingOptions } from './outgoing/outgoing.ts'
import { checkWebhookSecrets } from './outgoing/webhook-signature.ts'
import { Pace } from './pace.ts'
import { callbackUrl } from './door/stream-subscriptions.ts'
import { createStreamServices } from './streams/stream-services.ts'
import { createSystemLog } from './system-log.ts'
import type { Auth } from './auth/auth.ts'
import type { Hub } from './hub-types.ts'

/** Settings of {@link createHeadrace}. */
export interface HeadraceOptions {
  /** Where sessions live. The server closes it when it is closed. */
  readonly store: Store
  /** Who may do what. There is no way to leave it out. */
  readonly auth: Auth
  /** Origins of pages, beside the server's own, that may connect: exact, as `https://app.example.com`. */
  readonly cors?: readonly string[]
  /** Host names, beside loopback ones, that the server answers for. Needed when it is bound to loopback behind a proxy. */
  readonly hosts?: readonly string[]
  /** Whether the server is reachable from this machine only; then other Host headers are refused. Default true. */
  readonly loopbackOnly?: boolean
  /**
   * Addresses and networks of proxies in front of the server, as `10.0.0.1` or `10.0.0.0/8`, whose `X-Forwarded-For` says
   * where a request comes from. Default none: the header is not looked at, because anybody can send it.
   */
  readonly trustedProxies?: readonly string[]
  /** Folder of a built console to serve at `/`. Default: none. */
  readonly consoleDirectory?: string
  readonly sessionLimits?: Partial<SessionLimits>
  readonly connectionLimits?: Partial<ConnectionLimits>
  readonly httpLimits?: Partial<HttpLimits>
  /** Agents that are called by webhook for each of their runs. Default: none; workers ask for theirs. */
  readonly agents?: readonly WebhookAgent[]
  /** How people who are away are told that something is over or needs them. Default: they are not. */
  readonly notify?: NotifyOptions
  /** What requests that the server makes may reach. Default: the public internet by `https:`. */
  readonly outgoing?: OutgoingOptions
  /** How streams are served at `/v1/stream/`. Default: to whoever has a token for them. */
  readonly durableStreams?: DurableStreamsOptions
  /** Time; default the machine's. */
  readonly clock?: Clock
  /**
   * Called with defects and failures that no caller can be told of, and with `origin_not_allowed` once for each of the first 16
   * origins whose pages are refused. Default: written to standard error.
   */
  readonly onError?: (error: HeadraceError) => void
  /** Id of this server process; default random. */
  readonly node?: string
}

/** Ways to reach people who are away. */
export interface NotifyOptions {
  /** Addresses of the application that are told. */
  readonly webhooks?: readonly NoticeWebhook[]
  /** Web Push. `contact`: whom a push service may write to about this server, a `mailto:` or `https:` address. */
  readonly push?: { readonly contact: string }
  /** How long somebody has to look by themselves, in milliseconds. Default 5,000. */
  readonly delayMs?: number
}

/** A running session server. */
export interface Headrace {
  /** Answers HTTP requests. */
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void
  /** Answers HTTP upgrades at `/v1/connect`. */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  /** Serves both through a `node:http` server. */
  attach(server: Server): void
  readonly hub: Hub
  /**
   * A WebSocket class for clients and workers in this process, which need no network: give it to `connect` or
   * `createWorker` with `http://localhost` as the `url`.
   */
  readonly WebSocket: typeof globalThis.WebSocket
  /**
   * Agents behind HTTP that are registered here. The server keeps and announces them; whoever composes it calls them, with
   * `tokenFor`, `WebSocket` and `fetch`: the command does, and so can any program with `httpAgent` of the client.
   */
  readonly agents: HttpAgents
  /**
   * A token for a worker in this process: to work as that agent, on all sessions of the tenant. Good for an hour and in this
   * process only; give the function to `createWorker`, which asks again.
   *
   * @param tenant - default `default`
   */
  tokenFor(agent: AgentName, tenant?: string): Promise<string>
  /** `fetch` that reaches the public internet, and what `outgoing` allows besides. */
  readonly fetch: typeof globalThis.fetch
  /**
   * Tells every connection to come back later, finishes what was accepted, stores snapshots and closes the store.
   * Idempotent.
   */
  close(): Promise<void>
}

/** Reconnecting clients are spread over so many milliseconds when the server goes away. */
const spreadMs = 1_000

/**
 * Makes a session server out of a store and a way to know people. It listens to nothing by itself: give `handler` and
 * `upgrade` to an HTTP server, or `attach` it to one.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 * import { createHeadrace, createSecretAuth } from '@headrace/server'
 * import { createMemoryStore } from '@headrace/server/store/memory'
 *
 * const headrace = createHeadrace({ store: createMemoryStore(), auth: createSecretAuth('a secret of at least 32 bytes, kept safe') })
 * const server = createServer()
 * headrace.attach(server)
 * server.listen(4400, '127.0.0.1')
 * ```
 */
export function createHeadrace(options: HeadraceOptions): Headrace {
  const { store, auth, clock = systemClock, node = randomUUID(), loopbackOnly = true } = options
  const onError =
    options.onError ?? ((error: HeadraceError) => process.stderr.write(`${error.stack ?? error.message}\n`))
  // First, because it may refuse: nothing runs then.
  const { waitMs: maxWaitMs } = { ...defaultHttpLimits, ...options.httpLimits }
  for (const { secrets } of [...(options.agents ?? []), ...(options.notify?.webhooks ?? [])])
    checkWebhookSecrets(secrets)
  const served = readStreamOptions(options.durableStreams ?? {}, { loopbackOnly, maxWaitMs })
  const limits = { ...defaultConnectionLimits, ...options.connectionLimits }
  const metrics = createMetrics({ stats: () => hub.stats() })
  const { meter } = metrics
  const hub = new RoomHub({
    node,
    store,
    clock,
    meter,
    limits: { ...defaultSessionLimits, ...options.sessionLimits },
    onError,
    onChange: (room) => notifier.changed(room),
    due: (key) => {
      streams.due(key).catch((thrown: unknown) => onError(HeadraceError.from(thrown)))
    },
    beforePurge: async (key) => {
      notifier.forget(key)
      await access.shares.forget(key)
    },
  })
  const outgoing = createOutgoing({ clock, ...options.outgoing })
  const log = createSystemLog({ hub, store })
  const pushes = options.notify?.push && {
    subscriptions: createPushSubscriptions(log),
    vapid: createVapid(log),
    outgoing,
  }
  const notifier = new Notifier({
    clock,
    room: (key) => hub.room(key),
    onError,
    channels: [
      ...(options.notify?.webhooks ?? []).map((webhook) => createNoticeWebhook({ webhook, outgoing, clock })),
      ...(pushes && options.notify?.push ? [createWebPush({ ...pushes, contact: options.notify.push.contact })] : []),
    ],
    ...(options.notify?.delayMs !== undefined && { delayMs: options.notify.delayMs }),
    ...(store.capabilities.shared && { node }),
  })
  const called = (options.agents ?? []).map((webhook) =>
    startWebhookAgent({ webhook, dispatcher: hub.dispatcher, hub, outgoing, clock, auth, onError }),
  )
  const pace = new Pace(clock)
  const own = createOwnTokens(auth, clock)
  const agents = createHttpAgents({ log, clock, isShared: store.capabilities.shared, onError })
  const access = createAccess({ auth, own, store, hub, clock, failuresPerMinute: limits.failuresPerMinute })
  const traffic = createTraffic({
    limits,
    clock,
    ...(options.trustedProxies && { trustedProxies: options.trustedProxies }),
  })
  const gate = tellRefusedPages(
    createGate({ cors: options.cors ?? [], hosts: options.hosts ?? [], loopbackOnly }),
    onError,
  )
  const ws = new WsDoor({ hub, access, traffic, clock, pace, meter, limits, gate, onError })
  const streams = createStreamServices({ store, clock, meter, log, outgoing, callbackUrl, onError })
  const handler = createHttpDoor({
    hub,
    auth,
    access,
    traffic,
    gate,
    clock,
    metrics,
    agents,
    outgoing,
    pace,
    onError,
    streams: { ...served, ...streams },
    ...(pushes && { pushes }),
    ...(options.httpLimits && { limits: options.httpLimits }),
    ...(options.consoleDirectory !== undefined && { consoleDirectory: options.consoleDirectory }),
  })
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => ws.upgrade(request, socket, head)
  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    ws.close(spreadMs)
    handler.close()
    access.close()
    agents.close()
    for (const agent of called) agent.close()
    pace.close()
    await notifier.close()
    await streams.close()
    await hub.close()
    metrics.close()
    await store.close()
  }
  return {
    handler,
    upgrade,
    attach(server) {
      server.on('request', handler)
      server.on('upgrade', upgrade)
    },
    hub,
    WebSocket: inProcessWebSocket({ handler, upgrade }),
    agents,
    tokenFor: (agent, tenant = 'default') => own.forAgent(agent, tenant),
    fetch: outgoing.fetch,
    close: () => (closing ??= close()),
  }
}
