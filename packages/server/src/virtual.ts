/**
 * A server with nothing of the machine in it: no HTTP, no sockets, no timers, no randomness. For simulations, and for
 * whoever brings sockets that were opened elsewhere.
 */
import { defaultSessionLimits, type Grant, type HeadraceError, type SessionLimits, type Store } from '@headrace/core'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { createAccess } from './auth/access.ts'
import { startWebhookAgent, type WebhookAgent } from './dispatch/webhook-agent.ts'
import type { Outgoing } from './outgoing/outgoing.ts'
import { defaultConnectionLimits, type ConnectionLimits } from './door/connection-limits.ts'
import { createTraffic } from './door/traffic.ts'
import { Connection } from './door/ws-connection.ts'
import { RoomHub } from './hub.ts'
import { noMeter, type Hub } from './hub-types.ts'
import { Notifier, type NoticeChannel } from './notify/notifier.ts'
import { sessionRules, type Rules } from './rules.ts'
import type { Clock } from './clock.ts'
import type { SocketHub } from './socket-hub.ts'

export type { Clock } from './clock.ts'
export type { WebhookAgent } from './dispatch/webhook-agent.ts'
export type { Outgoing, OutgoingResult } from './outgoing/outgoing.ts'
export type { ConnectionLimits } from './door/connection-limits.ts'
export type { NoticeChannel, NoticeToTell } from './notify/notifier.ts'
export type { Assignment, ClaimOptions, Follower, Hub, Page } from './hub-types.ts'
export { sessionRules, type Rules } from './rules.ts'
export type { SocketHub } from './socket-hub.ts'

/** How long somebody has to look by themselves before they are told. */
const noticeDelayMs = 2_000

/** Settings of {@link createVirtualServer}. */
export interface VirtualServerOptions {
  /** Id of this server process. */
  readonly node: string
  /** Where sessions live. It is not closed with the server. */
  readonly store: Store
  readonly clock: Clock
  /** Runs something when all that came in this turn has been handled. */
  readonly soon: (run: () => void) => void
  /** How long a connection's next write waits for more to go with it, in milliseconds, as under load. Default 0. */
  readonly paceMs?: number
  /** Turns a token into what its bearer may do, as `Auth.verify` does. */
  readonly verify: (token: string) => Promise<Grant>
  readonly onError: (error: HeadraceError) => void
  /** How people who are away are told. Default: they are not, and what they should be told stays in the session. */
  readonly tell?: NoticeChannel['tell']
  /** Agents that are called by webhook, and how: as `post` of an {@link Outgoing}. Default: none. */
  readonly webhooks?: { readonly agents: readonly WebhookAgent[]; readonly post: Outgoing['post'] }
  readonly sessionLimits?: Partial<SessionLimits>
  readonly connectionLimits?: Partial<ConnectionLimits>
  /** Default: the rules of SPEC.md. */
  readonly rules?: Rules
  /** What connections see of the hub; default the hub itself. For tests that put something between. */
  readonly through?: (hub: SocketHub) => SocketHub
}

/** A server that {@link createVirtualServer} made. */
export interface VirtualServer {
  readonly hub: Hub
  /** Serves a WebSocket that is open; `socket` is the stream under it. */
  accept(ws: WebSocket, socket: Duplex): void
  /**
   * Tells every connection to come back, finishes what was accepted, stores snapshots. Idempotent.
   *
   * @param retryAfterMs - what connections are told to wait, in milliseconds; default 0
   */
  close(retryAfterMs?: number): Promise<void>
}

/**
 * Makes the rooms, the dispatcher and the native protocol of a server, on a store, a clock and sockets that are given.
 *
 * @example
 * ```ts
 * const server = createVirtualServer({ node: 'n1', store, clock, soon: queueMicrotask, verify, onError })
 * server.accept(ws, stream)
 * ```
 */
export function createVirtualServer(options: VirtualServerOptions): VirtualServer {
  const {
    node,
    store,
    clock,
    soon,
    paceMs = 0,
    verify,
    onError,
    rules = sessionRules,
    tell,
    through = (hub) => hub,
  } = options
  const hub = new RoomHub({
    node,
    store,
    clock,
    meter: noMeter,
    limits: { ...defaultSessionLimits, ...options.sessionLimits },
    rules,
    onError,
    onChange: (room) => notifier?.changed(room),
  })
  const notifier =
    tell &&
    new Notifier({
      clock,
      channels: [{ tell }],
      room: (key) => hub.room(key),
      onError,
      delayMs: noticeDelayMs,
      ...(store.capabilities.shared && { node }),
    })
  const seen = through(hub)
  const { agents = [], post } = options.webhooks ?? {}
  const called = agents.flatMap((webhook) =>
    post
      ? [
          startWebhookAgent({
            webhook,
            dispatcher: seen.dispatcher,
            hub: seen,
            outgoing: { post },
            clock,
            auth: {},
            onError,
          }),
        ]
      : [],
  )
  const limits = { ...defaultConnectionLimits, ...options.connectionLimits }
  const access = createAccess({ auth: { verify }, store, hub, clock, failuresPerMinute: limits.failuresPerMinute })
  const traffic = createTraffic({ limits, clock })
  const connections = new Set<Connection>()
  let closing: Promise<void> | undefined
  return {
    hub: seen,
    accept(ws, socket) {
      const pace = { windowMs: paceMs, soon }
      const connection = new Connection(ws, socket, {
        hub: seen,
        access,
        traffic,
        from: undefined,
        clock,
        pace,
        meter: noMeter,
        limits,
        onError,
      })
      connections.add(connection)
      ws.once('close', () => connections.delete(connection))
    },
    close(retryAfterMs = 0) {
      if (!closing) {
        for (const connection of connections) connection.bye(retryAfterMs)
        access.close()
        for (const agent of called) agent.close()
        closing = notifier ? notifier.close().then(() => hub.close()) : hub.close()
      }
      return closing
    },
  }
}
