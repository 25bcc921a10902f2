import type { Audience } from './audience.ts'
import type { EndReason, Retention, Role, SendPolicy, Unwatched } from './events.ts'
import type { Actor, AgentName, MessageId, RunId, SessionId } from './ids.ts'
import type { Json, JsonObject } from './json.ts'
import type { Part } from './parts.ts'
import type { Request } from './request.ts'
import type { Budget, Usage } from './usage.ts'

/** `open`: being written. `interrupted`: its run ended without completing; what had arrived stays. */
export type MessageStatus = 'open' | 'complete' | 'interrupted'

/**
 * A message. Messages form a tree by `parent`: an answer's parent is the input it answers, an input's parent is the
 * newest message at the time. A new version of a message has the same parent and says which one it `edits`.
 */
export interface Message {
  readonly id: MessageId
  /** Seq of the event that opened it: messages sort by this. */
  readonly seq: number
  readonly at: number
  readonly parent: MessageId | null
  readonly role: Role
  readonly author: Actor
  /** Display name of the author. */
  readonly name?: string
  readonly status: MessageStatus
  readonly run?: RunId
  readonly edits?: MessageId
  readonly mentions?: readonly Actor[]
  /** Who may see it; absent: everybody who may read the session. */
  readonly to?: Audience
  readonly parts: readonly Part[]
  /** Rough size of its content, without parts that are not for everybody who sees the message. */
  readonly chars: number
  /** Its content was taken out of the session; what stands there is filler of the same length. */
  readonly redacted?: true
}

/**
 * A message for the agent at work. `pending`: it has not said anything about it yet. `missed`: the run ended without it,
 * `next` is the run that answers it.
 */
export interface Steer {
  readonly message: MessageId
  readonly by: Actor
  readonly at: number
  readonly carry: boolean
  readonly status: 'pending' | 'consumed' | 'missed'
  readonly step?: string
  readonly why?: string
  readonly next?: RunId
}

/** What a run has in every state. */
export interface RunBase {
  readonly id: RunId
  readonly agent: AgentName
  /** The message it answers. */
  readonly input: MessageId
  readonly policy: SendPolicy
  readonly by: Actor
  readonly queuedAt: number
  /** How many attempts have been claimed so far; the current one while it is active. */
  readonly attempt: number
  readonly maxAttempts: number
  /** How many attempts were lost. Absent: none. */
  readonly lapses?: number
  /** The run that started it, and the key under which it did. */
  readonly parent?: RunId
  readonly key?: string
  readonly budget?: Budget
  /** What its agent has reported so far. */
  readonly usage?: Usage
  /** What the runs that it started have used, and theirs. */
  readonly childUsage?: Usage
  /** Nobody claims it and no output of it is taken until it is resumed. */
  readonly paused?: { readonly by: Actor; readonly at: number }
  readonly steers?: readonly Steer[]
  /** Calling its agent failed. `dead`: nobody tries any more until somebody retries it. */
  readonly undelivered?: {
    readonly tries: number
    readonly error: string
    readonly at: number
    readonly retryAt?: number
    readonly dead?: true
  }
}

/** Waiting for an agent to take it: for the first time, or again after an attempt was lost (`attempt` > 0). */
export interface QueuedRun extends RunBase {
  readonly status: 'queued'
  readonly lapsedAt?: number
}

/** Held by a worker under a lease. */
export interface ActiveRun extends RunBase {
  readonly status: 'active'
  readonly worker: string
  readonly claimedAt: number
  readonly leaseMs: number
  /** Set when someone asked to stop it and the agent has not yet. */
  readonly cancel?: { readonly by: Actor; readonly at: number }
}

/** Let go of by its agent until what it waits for has happened, or somebody resumes it. */
export interface SuspendedRun extends RunBase {
  readonly status: 'suspended'
  readonly suspendedAt: number
  /** Ids of requests. Empty: it waits for `resume`. */
  readonly waitsFor: readonly string[]
  readonly detail?: string
}

/** Over for good. */
export interface EndedRun extends RunBase {
  readonly status: 'ended'
  readonly reason: EndReason
  readonly endedAt: number
  readonly claimedAt?: number
  readonly detail?: string
  /** Who asked to stop it. */
  readonly cancelledBy?: Actor
}

export type Run = QueuedRun | ActiveRun | SuspendedRun | EndedRun

/** A device of a participant that has this session open. */
export interface Presence {
  readonly actor: Actor
  readonly device: string
  /** The server that saw it. */
  readonly node: string
  readonly since: number
  readonly name?: string
  /** What the device calls itself: "Chrome on Linux". */
  readonly label?: string
}

/** How far a participant has read. */
export interface Cursor {
  readonly actor: Actor
  readonly seq: number
  readonly at: number
}

/** Who drives. While somebody holds the floor, agents hold still. */
export interface Floor {
  readonly holder?: { readonly actor: Actor; readonly since: number; readonly name?: string; readonly note?: string }
  /** Who asked for it, in order. */
  readonly asked: readonly {
    readonly actor: Actor
    readonly at: number
    readonly name?: string
    readonly note?: string
  }[]
}

/** The JSON document that everybody in the session shares. `version` counts its changes. */
export interface SharedDocument {
  readonly version: number
  readonly value: Json
}

/**
 * What a reader sees of a session: plain JSON, the fold of the log. It holds the hot part only (open work and the
 * newest page of messages), so joining costs the same however long the session lives; `older` counts the messages that
 * are read by page.
 */
export interface SessionView {
  readonly id: string
  /** Seq of the last event in it; 0 for a session that does not exist yet. */
  readonly seq: number
  readonly at: number
  readonly createdAt: number
  readonly createdBy: Actor | null
  readonly agent: AgentName
  readonly policy: SendPolicy
  readonly maxAttempts: number
  readonly budget?: Budget
  readonly runBudget?: Budget
  readonly participantBudget?: Budget
  readonly unwatched?: Unwatched
  readonly retention?: Retention
  readonly metadata: JsonObject
  readonly archived?: true
  /** The session that this one was copied from, as it was at `seq`. */
  readonly forkedFrom?: { readonly session: SessionId; readonly seq: number }
  /** Raw output up to this seq is no longer in the log. */
  readonly compactedTo?: number
  /** The hot ones, oldest first: the newest, those being written, and the inputs of runs that have not ended. */
  readonly messages: readonly Message[]
  /**
   * How many messages have left `messages` and are read by page, newest first. Nearly always they are older than all that
   * are hot; one that is long in the writing, or waits long for its agent, stays hot while newer ones leave.
   */
  readonly older: number
  /** The same for messages that are not for everybody, by audience: only those that the reader may see. */
  readonly olderFor?: Readonly<Record<string, number>>
  /** The message that the next input follows. */
  readonly head: MessageId | null
  /** The branch that somebody shared. */
  readonly selected?: { readonly leaf: MessageId; readonly by: Actor }
  /** In the order they were queued: all that are queued or active, and the newest that ended. */
  readonly runs: readonly Run[]
  /** In the order they were opened: all that are open, and the newest that are closed. */
  readonly requests: readonly Request[]
  readonly floor: Floor
  readonly document: SharedDocument
  /** What all runs have used. */
  readonly usage: Usage
  readonly cursors: readonly Cursor[]
  readonly presence: readonly Presence[]
}

/** The view of a session before its first event. */
export function emptyView(id: string): SessionView {
  return {
    id,
    seq: 0,
    at: 0,
    createdAt: 0,
    createdBy: null,
    agent: 'assistant',
    policy: 'queue',
    maxAttempts: 3,
    metadata: {},
    messages: [],
    older: 0,
    head: null,
    runs: [],
    requests: [],
    floor: { asked: [] },
    document: { version: 0, value: {} },
    usage: {},
    cursors: [],
    presence: [],
  }
}
