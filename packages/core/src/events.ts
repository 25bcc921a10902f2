import type { Actor, AgentName, MessageId, RunId } from './ids.ts'
import type { JsonObject } from './json.ts'
import type { PartFields, PartStart } from './parts.ts'

/** Why a run ended. `lost`: its agent went silent and no attempt was left. */
export type EndReason = 'complete' | 'cancelled' | 'failed' | 'lost'

/** What happens when a person sends while the addressed agent has a run in this session. */
export type SendPolicy = 'queue' | 'parallel' | 'interrupt' | 'reject'

/** Whose words a message holds: a person's, or an agent's. */
export type Role = 'user' | 'assistant'

/** What a run used, as its agent reports it. Tokens are counts; cost is in US dollars. */
export interface Usage {
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly cachedTokens?: number
  readonly costUsd?: number
}

/** Settings of a session. All have defaults, so `{}` is a valid session. */
export interface SessionSettings {
  /** Free data of the application; `title` is shown in lists. */
  readonly metadata?: JsonObject
  /** The agent that answers an input which names none. Default `assistant`. */
  readonly agent?: AgentName
  /** Default `queue`. */
  readonly policy?: SendPolicy
  /** How often a run whose agent was lost may be tried, the first time included. Default 3. */
  readonly maxAttempts?: number
}

/** The data of each type of event. Past tense: an event is a fact. */
export interface EventData {
  'session.created': SessionSettings
  'session.updated': { readonly metadata: JsonObject }
  /** A whole message of a person. */
  'message.added': {
    readonly id: MessageId
    readonly parent: MessageId | null
    readonly role: Role
    readonly parts: readonly PartStart[]
    /** The message that this one is a new version of. */
    readonly edits?: MessageId
    /** Display name of the author, from the verified token. */
    readonly name?: string
  }
  /** A message that its run fills part by part. */
  'message.opened': { readonly id: MessageId; readonly parent: MessageId | null; readonly role: Role }
  'message.closed': { readonly id: MessageId }
  'part.opened': {
    readonly message: MessageId
    readonly part: string
    readonly attempt: number
    readonly step?: string
    readonly start: PartStart
  }
  'part.delta': { readonly message: MessageId; readonly part: string; readonly text: string }
  'part.changed': { readonly message: MessageId; readonly part: string; readonly fields: PartFields }
  'part.closed': { readonly message: MessageId; readonly part: string; readonly fields?: PartFields }
  'run.queued': {
    readonly id: RunId
    readonly agent: AgentName
    readonly input: MessageId
    readonly policy: SendPolicy
    readonly maxAttempts: number
  }
  'run.claimed': { readonly attempt: number; readonly worker: string; readonly leaseMs: number }
  /** The holder is alive though it had nothing to write. */
  'run.renewed': { readonly attempt: number }
  /** The attempt's lease ran out; the run waits for an agent again. */
  'run.lapsed': { readonly attempt: number }
  'run.cancel-requested': { readonly graceMs: number }
  'run.ended': {
    readonly reason: EndReason
    readonly attempt: number
    /** Why, in words for a person. */
    readonly detail?: string
    readonly usage?: Usage
  }
  'presence.joined': { readonly device: string; readonly node: string; readonly name?: string; readonly label?: string }
  'presence.left': { readonly device: string }
}

export type EventType = keyof EventData

/** What every event carries beside its data. */
export interface EventEnvelope {
  /** Position in the session's log: 1, 2, 3, … with no gap. */
  readonly seq: number
  /** When it was decided: milliseconds since 1970. Never goes backwards within a session. */
  readonly at: number
  /** Who caused it, as the server verified it. */
  readonly actor: Actor
  /** The run it belongs to. */
  readonly run?: RunId
  /** Id of the command that caused it, as its sender chose it. */
  readonly cmd?: string
  /** Number of the write batch that it belongs to. */
  readonly n?: number
}

/** One fact in a session's log. */
export type SessionEvent = {
  [T in EventType]: EventEnvelope & { readonly type: T; readonly data: EventData[T] }
}[EventType]

export type EventOf<T extends EventType> = Extract<SessionEvent, { readonly type: T }>
