import type { Audience } from './audience.ts'
import type { Actor, AgentName, MessageId, RunId, SessionId } from './ids.ts'
import type { JsonObject } from './json.ts'
import type { JsonPatch } from './json-patch.ts'
import type { PartFields, PartStart } from './parts.ts'
import type { Answer, Answerers, RequestSpec } from './request.ts'
import type { Budget, Measure, Usage } from './usage.ts'

/** Why a run ended. `lost`: its agent went silent and no attempt was left. `budget`: it had used all that it might. */
export type EndReason = 'complete' | 'cancelled' | 'failed' | 'lost' | 'budget'

/**
 * What happens when a person sends while the addressed agent has a run in this session. `steer` hands the message to the
 * run that is active; where none is, it queues.
 */
export type SendPolicy = 'queue' | 'parallel' | 'interrupt' | 'reject' | 'steer'

/** Whose words a message holds: a person's, or an agent's. */
export type Role = 'user' | 'assistant'

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
  /** What all runs of the session together may use. */
  readonly budget?: Budget
  /** What each run may use, with the runs it started; a `send` may name another one. */
  readonly runBudget?: Budget
  /** What the runs that one participant asked for may use together. */
  readonly participantBudget?: Budget
  /** What happens to runs when nobody has had the session open for a time. Default: nothing. */
  readonly unwatched?: Unwatched
  /** How long things are kept. Default: for ever. */
  readonly retention?: Retention
}

/** A policy for runs that nobody watches. Paused runs go on when somebody opens the session. */
export interface Unwatched {
  readonly afterMs: number
  readonly action: 'pause' | 'cancel'
}

export interface Retention {
  /** Raw output (deltas of closed parts) is dropped from the log when it is older than so many milliseconds. */
  readonly rawMs?: number
  /** The session is deleted so many milliseconds after something last happened in it. */
  readonly sessionMs?: number
}

/** Settings that `update` can change; `null` takes one away. */
export interface SettingsChange {
  readonly agent?: AgentName
  readonly policy?: SendPolicy
  readonly maxAttempts?: number
  readonly budget?: Budget | null
  readonly runBudget?: Budget | null
  readonly participantBudget?: Budget | null
  readonly unwatched?: Unwatched | null
  readonly retention?: Retention | null
  /** Archived sessions are left out of lists unless they are asked for. */
  readonly archived?: boolean
}

/** The data of each type of event. Past tense: an event is a fact. */
export interface EventData {
  'session.created': SessionSettings
  'session.updated': SettingsChange & { readonly metadata?: JsonObject }
  /** The session goes on from a copy of another one as that was at a seq. What was under way there is not here. */
  'session.forked': { readonly from: SessionId; readonly at: number }
  /** Raw output up to `floor` was dropped. The links of the hash chain say what stood there. */
  'log.compacted': { readonly floor: number; readonly gaps: readonly Gap[] }
  /** The content of a message, or of one of its parts, is taken out of the session. */
  'content.redacted': { readonly message: MessageId; readonly part?: string; readonly reason?: string }
  /** It is out of the log and the store as well. `of`: seq of its `content.redacted`. */
  'content.erased': { readonly of: number }
  'document.patched': { readonly version: number; readonly patch: JsonPatch }
  /** Somebody shares which branch of the conversation they look at. */
  'branch.selected': { readonly leaf: MessageId }
  /** The actor has read up to this seq. */
  'cursor.moved': { readonly seq: number }
  'floor.requested': { readonly note?: string; readonly name?: string }
  'floor.taken': { readonly note?: string; readonly name?: string }
  'floor.returned': { readonly note?: string }
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
    readonly mentions?: readonly Actor[]
  }
  /** A message that its run fills part by part; one that is there is open again, by a part that not everybody sees. */
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
  /** What earlier attempts wrote under the step is gone: a later one begins it again. */
  'step.restarted': { readonly step: string; readonly attempt: number }
  'run.queued': {
    readonly id: RunId
    readonly agent: AgentName
    readonly input: MessageId
    readonly policy: SendPolicy
    readonly maxAttempts: number
    /** The run that started it, and the key under which it did. */
    readonly parent?: RunId
    readonly key?: string
    readonly budget?: Budget
  }
  /** It comes before another queued run now, or last. */
  'run.moved': { readonly before: RunId | null }
  'run.claimed': { readonly attempt: number; readonly worker: string; readonly leaseMs: number }
  /** The holder is alive though it had nothing to write. */
  'run.renewed': { readonly attempt: number }
  /** The attempt's lease ran out; the run waits for an agent again. */
  'run.lapsed': { readonly attempt: number }
  'run.cancel-requested': { readonly graceMs: number }
  /** The agent let go of it until what it waits for has happened, or somebody resumes it. */
  'run.suspended': { readonly attempt: number; readonly waitsFor: readonly string[]; readonly detail?: string }
  /** A suspended run may be taken again. */
  'run.woken': { readonly attempt: number }
  'run.paused': Nothing
  'run.resumed': Nothing
  'run.used': { readonly usage: Usage }
  /** So much of a budget is gone, in percent. */
  'budget.warned': {
    readonly scope: 'run' | 'session' | 'participant'
    readonly measure: Measure
    readonly percent: number
    readonly used: number
    readonly limit: number
  }
  /** A message for the agent at work. `carry`: becomes the next input if the agent does not take it. */
  'run.steered': { readonly message: MessageId; readonly carry: boolean }
  'steer.consumed': { readonly message: MessageId; readonly attempt: number; readonly step?: string }
  /** The run ended without it. `next`: the run that answers it now. */
  'steer.missed': { readonly message: MessageId; readonly why: string; readonly next?: RunId }
  'request.opened': { readonly id: string; readonly spec: RequestSpec; readonly digest?: string }
  'request.claimed': { readonly id: string; readonly device: string; readonly claimMs: number }
  /** The device that had claimed it went silent; another one may. */
  'request.released': { readonly id: string }
  'request.answered': { readonly id: string; readonly answer: Answer }
  'request.expired': { readonly id: string; readonly answer: Answer }
  'request.escalated': { readonly id: string; readonly answerers: Answerers }
  'request.withdrawn': { readonly id: string; readonly detail: string }
  /** Whoever was called to take the run could not be reached. `dead`: nobody tries any more until somebody retries it. */
  'run.undelivered': {
    readonly tries: number
    readonly error: string
    readonly retryAt?: number
    readonly dead?: true
  }
  /** A dead letter is tried again. */
  'run.retried': Nothing
  /** One of the servers that share a store tells an actor. The others leave that to it until then, in milliseconds since 1970. */
  'notice.taken': { readonly id: string; readonly node: string; readonly until: number }
  /** What an actor was to be told has been told, or need not be. */
  'notice.settled': { readonly id: string; readonly outcome: 'sent' | 'seen' | 'failed' | 'no-address' }
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

/** No data. */
export type Nothing = Readonly<Record<string, never>>

/** Events that were dropped, and the hash chain before and after them. */
export interface Gap {
  readonly first: number
  readonly last: number
  readonly before: string
  readonly after: string
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
  /** Who may see it; absent: everybody who may read the session. */
  readonly to?: Audience
  /** Its content was erased: the hash of the event as it was, in hex. */
  readonly was?: string
}

/** What a reader gets in place of an event that is not for them: that there was one, and when. */
export interface HiddenEvent {
  readonly seq: number
  readonly at: number
  readonly type: 'hidden'
}

/** One fact in a session's log. */
export type SessionEvent = {
  [T in EventType]: EventEnvelope & { readonly type: T; readonly data: EventData[T] }
}[EventType]

export type EventOf<T extends EventType> = Extract<SessionEvent, { readonly type: T }>
