/**
 * The native protocol, version 1: what travels on a WebSocket of subprotocol `headrace.v1`, as JSON text frames. The HTTP
 * door carries the same commands, replies, events and views. PROTOCOL.md is this file in words.
 */
import { commandBody, type CommandBody } from './commands.ts'
import {
  agentName,
  clientId,
  serverId,
  sessionId,
  type Actor,
  type AgentName,
  type RunId,
  type SessionId,
} from './ids.ts'
import type { Told } from './decide.ts'
import type { WireError } from './errors.ts'
import type { EventData, HiddenEvent, SessionEvent } from './events.ts'
import type { Json, JsonObject } from './json.ts'
import type { Request } from './request.ts'
import { array, integer, json, object, optional, string, tagged, type ObjectSchema, type Schema } from './schema.ts'
import type { EndedRun, Message, SessionView } from './view.ts'

/** The WebSocket subprotocol: name and version. */
export const subprotocol = 'headrace.v1'

/** Number of the protocol version. */
export const protocolVersion = 1

/**
 * Hashes of the shapes that travel, so that none changes unnoticed: a test compares them and says what to do. `up`: the
 * schemas of what clients send. `down`: the types of events, views and frames that servers send.
 */
export const shapeHashes = { up: '8fb12c7bf7a96cfe', down: '24b4b9983845c9a7' } as const

/** A run that a worker holds, as it tells the server after a reconnect. */
export interface HeldRun {
  readonly session: SessionId
  readonly run: RunId
  readonly attempt: number
}

/** Something that everybody who is there sees now and nobody later (P3): that somebody types, where a pointer is. */
export interface Ephemeral {
  /** What it is: `typing`. */
  readonly name: string
  readonly value?: Json
  readonly device?: string
}

/** What the worker that holds a run is told about it. */
export type RunSignal =
  /** Stop, then end the run. */
  | { readonly signal: 'cancel' }
  /** The run is no longer this worker's; write nothing more. */
  | { readonly signal: 'lost' }
  /** Output is refused until it is resumed. */
  | { readonly signal: 'paused' }
  | { readonly signal: 'resumed' }
  /** Take this message into account, then write `consume`. */
  | { readonly signal: 'steered'; readonly message: Message }
  /** A request of the run is over. */
  | { readonly signal: 'answered'; readonly request: Request }
  /** A run that this one started is over. */
  | { readonly signal: 'child'; readonly child: EndedRun }
  | { readonly signal: 'budget'; readonly warning: EventData['budget.warned'] }

/**
 * Why a snapshot comes in place of events: `compacted`: they are no longer all there; `unknown`: the reader is ahead of
 * the log, so it followed another one.
 */
export type ResetReason = 'compacted' | 'unknown'

/** What a client sends. */
export type Up =
  /** First on every connection: with a token, or with a ticket that stands for one. */
  | { readonly type: 'hello'; readonly token: string; readonly ticket?: never; readonly client?: string }
  | { readonly type: 'hello'; readonly ticket: string; readonly token?: never; readonly client?: string }
  /** A new token for the same identity, before the old one expires. */
  | { readonly type: 'auth'; readonly token: string }
  /**
   * Follows a session. With `after`: every later event. Without: a snapshot first, then every event after it. With
   * `device`: shows this device as present.
   */
  | {
      readonly type: 'subscribe'
      readonly session: SessionId
      readonly after?: number
      readonly device?: string
      readonly label?: string
    }
  | { readonly type: 'unsubscribe'; readonly session: SessionId }
  | { readonly type: 'command'; readonly id: string; readonly session: SessionId; readonly body: CommandBody }
  /**
   * Offers to work as an agent on `capacity` runs at the same time; 0 takes no more. `held` names runs that this worker
   * still works on: the server answers with a signal for each one that it should stop.
   */
  | {
      readonly type: 'work'
      readonly agent: AgentName
      readonly worker: string
      readonly capacity: number
      readonly leaseMs?: number
      readonly held?: readonly HeldRun[]
    }
  | ({ readonly type: 'ephemeral'; readonly session: SessionId } & Ephemeral)
  | { readonly type: 'ping' }

/** The answer to a command; to a write or heartbeat with what its agent is told. */
export type Outcome =
  | ({ readonly outcome: 'accepted'; readonly seq: number } & Told)
  | ({ readonly outcome: 'noop'; readonly seq: number } & Told)
  | { readonly outcome: 'refused'; readonly error: WireError }

/** What the server sends. */
export type Down =
  | {
      readonly type: 'welcome'
      readonly protocol: number
      /** The server process: changes when it restarts. */
      readonly node: string
      readonly actor: Actor
      readonly name?: string
      /** When the token expires, milliseconds since 1970. */
      readonly expiresAt: number
      /** A peer that is silent for so long is taken for dead. */
      readonly idleMs: number
    }
  /** `reset`: it comes in place of the events that were asked for. */
  | {
      readonly type: 'snapshot'
      readonly session: SessionId
      readonly seq: number
      readonly view: SessionView
      readonly reset?: ResetReason
    }
  /** Answers a `subscribe` with `after`, before the events: who has those up to `seq` has all that there were then. */
  | { readonly type: 'subscribed'; readonly session: SessionId; readonly seq: number }
  | { readonly type: 'events'; readonly session: SessionId; readonly events: readonly (SessionEvent | HiddenEvent)[] }
  /** What somebody shows everybody for a moment; it is in no log. */
  | ({ readonly type: 'ephemeral'; readonly session: SessionId } & Ephemeral & { readonly actor: Actor })
  | ({ readonly type: 'reply'; readonly id: string; readonly session: SessionId } & Outcome)
  /** The worker holds this run now. `view` is the session at that moment. */
  | {
      readonly type: 'assign'
      readonly session: SessionId
      readonly run: RunId
      readonly attempt: number
      readonly agent: AgentName
      readonly leaseMs: number
      readonly view: SessionView
    }
  | ({ readonly type: 'signal' } & HeldRun & RunSignal)
  /** A subscription ended; `error` says why. */
  | { readonly type: 'unsubscribed'; readonly session: SessionId; readonly error?: WireError }
  /** Something about the connection is wrong; where the connection ends, the close frame follows. */
  | { readonly type: 'error'; readonly error: WireError }
  /** The server goes away; come back after so many milliseconds. */
  | { readonly type: 'bye'; readonly retryAfterMs: number }
  | { readonly type: 'pong' }

const token: Schema<string> = string({ min: 1, max: 16_384 })
const label: Schema<string> = string({ max: 128 })

type Hello =
  | { readonly token: string; readonly ticket?: never; readonly client?: string }
  | { readonly ticket: string; readonly token?: never; readonly client?: string }

const withToken = object({ token, client: optional(label) })
const withTicket = object({ ticket: string({ min: 1, max: 128 }), client: optional(label) })

/** Either a token or a ticket, and not both: nobody should have to know which of two counts. */
const hello: ObjectSchema<Hello> = {
  parse: (value, path) => helloOf(value).parse(value, path),
  parseBeside: (tag, value, path) => helloOf(value).parseBeside(tag, value, path),
  json: {
    type: 'object',
    properties: { ...propertiesOf(withToken), ...propertiesOf(withTicket) },
    required: [],
    additionalProperties: false,
    oneOf: [{ required: ['token'] }, { required: ['ticket'] }],
  },
}

function helloOf(value: unknown): ObjectSchema<Hello> {
  return typeof value === 'object' && value !== null && 'ticket' in value ? withTicket : withToken
}

function propertiesOf({ json }: Schema<object>): JsonObject {
  return json['properties'] as JsonObject // both are objects
}
const seq: Schema<number> = integer(0, Number.MAX_SAFE_INTEGER)

const heldRun: Schema<HeldRun> = object({ session: sessionId, run: serverId, attempt: integer(1, 1_000_000) })

/** The shapes of what a client may send. */
export const up: Schema<Up> = tagged('type', {
  hello,
  auth: object({ token }),
  subscribe: object({ session: sessionId, after: optional(seq), device: optional(clientId), label: optional(label) }),
  unsubscribe: object({ session: sessionId }),
  command: object({ id: clientId, session: sessionId, body: commandBody }),
  work: object({
    agent: agentName,
    worker: clientId,
    capacity: integer(0, 10_000),
    leaseMs: optional(integer(1_000, 600_000)),
    held: optional(array(heldRun, { max: 10_000 })),
  }),
  ephemeral: object({
    session: sessionId,
    name: string({ min: 1, max: 64 }),
    value: optional(json()),
    device: optional(clientId),
  }),
  ping: object({}),
})

/** The body of `POST /v1/sessions/{id}/commands`. Without an `id` a retry can apply twice. */
export interface CommandRequest {
  readonly id?: string
  readonly body: CommandBody
}

export const commandRequest: Schema<CommandRequest> = object({ id: optional(clientId), body: commandBody })
