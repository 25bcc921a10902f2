import type { EndReason, Role, SendPolicy, Usage } from './events.ts'
import type { Actor, AgentName, MessageId, RunId } from './ids.ts'
import type { JsonObject } from './json.ts'
import type { Part } from './parts.ts'

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
  readonly parts: readonly Part[]
  /** Rough size of its content. */
  readonly chars: number
}

interface RunBase {
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

/** Over for good. */
export interface EndedRun extends RunBase {
  readonly status: 'ended'
  readonly reason: EndReason
  readonly endedAt: number
  readonly claimedAt?: number
  readonly detail?: string
  readonly usage?: Usage
  /** Who asked to stop it. */
  readonly cancelledBy?: Actor
}

export type Run = QueuedRun | ActiveRun | EndedRun

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
  readonly metadata: JsonObject
  /** The hot ones, oldest first: the newest, those being written, and the inputs of runs that have not ended. */
  readonly messages: readonly Message[]
  /**
   * How many messages have left `messages` and are read by page, newest first. Nearly always they are older than all that
   * are hot; one that is long in the writing, or waits long for its agent, stays hot while newer ones leave.
   */
  readonly older: number
  /** The message that the next input follows. */
  readonly head: MessageId | null
  /** In the order they were queued: all that are queued or active, and the newest that ended. */
  readonly runs: readonly Run[]
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
    presence: [],
  }
}
