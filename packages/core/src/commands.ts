import type { EndReason, SendPolicy, SessionSettings, Usage } from './events.ts'
import type { Grant } from './grant.ts'
import { agentName, clientId, serverId, type AgentName, type MessageId, type RunId } from './ids.ts'
import type { JsonObject } from './json.ts'
import { partFields, partStart, type PartFields, type PartStart } from './parts.ts'
import {
  array,
  integer,
  jsonObject,
  number,
  object,
  oneField,
  oneOf,
  onlyTrue,
  optional,
  string,
  tagged,
  type Schema,
} from './schema.ts'

/** One operation of a write batch. `message` and `part` are keys that the writer chooses; they are unique within a run. */
export type WriteOp =
  /**
   * Opens a part, and its message if that is new. Under a `step` that an earlier attempt also wrote, the first part
   * opened replaces everything the earlier attempt had written under that step.
   */
  | {
      readonly op: 'open'
      readonly message: string
      readonly part: string
      readonly step?: string
      readonly start: PartStart
    }
  /** Appends text to an open part. */
  | { readonly op: 'delta'; readonly message: string; readonly part: string; readonly text: string }
  /** Sets fields of an open part. */
  | { readonly op: 'set'; readonly message: string; readonly part: string; readonly fields: PartFields }
  | { readonly op: 'close'; readonly message: string; readonly part: string; readonly fields?: PartFields }
  /** Closes a message whose parts are closed. Ending a run closes all of its messages. */
  | { readonly op: 'close-message'; readonly message: string }
  /** Ends the run. It must be the last operation. */
  | {
      readonly op: 'end'
      readonly reason: Exclude<EndReason, 'lost'>
      readonly detail?: string
      readonly usage?: Usage
    }

/** Which runs a cancel means. `own`: those that the caller's inputs asked for. */
export type CancelTarget =
  | { readonly run: RunId }
  | { readonly agent: AgentName }
  | { readonly all: true }
  | { readonly own: true }

/** What a participant or an agent asks of a session. */
export type CommandBody =
  | ({ readonly type: 'create' } & SessionSettings)
  /** Merges into the session's metadata; `null` removes a key. */
  | { readonly type: 'update'; readonly metadata: JsonObject }
  /** A message that asks for work. `policy: 'interrupt'` over another policy of the session may need the verb `control`. */
  | {
      readonly type: 'send'
      readonly parts: readonly PartStart[]
      readonly agent?: AgentName
      readonly policy?: SendPolicy
      readonly parent?: MessageId
      /** Makes this a new version of that message. */
      readonly edits?: MessageId
    }
  /** A message that doesn't ask for work. */
  | {
      readonly type: 'post'
      readonly parts: readonly PartStart[]
      readonly parent?: MessageId
      readonly edits?: MessageId
    }
  /** Asks for another answer to an input. */
  | { readonly type: 'regenerate'; readonly input: MessageId; readonly agent?: AgentName; readonly policy?: SendPolicy }
  | { readonly type: 'cancel'; readonly target: CancelTarget }
  /** Takes a waiting run under a lease of `leaseMs`. */
  | { readonly type: 'claim'; readonly run: RunId; readonly worker: string; readonly leaseMs?: number }
  /** Says that the holder is alive. Any write says so too. */
  | { readonly type: 'heartbeat'; readonly run: RunId; readonly attempt: number }
  /** A batch of output. `n` counts the batches of an attempt from 1, so that a retry is never applied twice. */
  | {
      readonly type: 'write'
      readonly run: RunId
      readonly attempt: number
      readonly n: number
      readonly ops: readonly WriteOp[]
    }

/** What the server asks of a session; never accepted from a connection. */
export type SystemCommandBody =
  /** Does what time has made due: lapsed leases, cancels whose grace is over. */
  | { readonly type: 'tick' }
  | { readonly type: 'join'; readonly device: string; readonly node: string; readonly label?: string }
  /** With `node`: only if that server is still the one that sees the device. */
  | { readonly type: 'leave'; readonly device: string; readonly node?: string }

export type CommandType = CommandBody['type']

/** A command with who sent it. */
export interface Command {
  /** Chosen by the sender; a retry with the same id gets the first answer. */
  readonly id?: string
  readonly grant: Grant
  readonly body: CommandBody | SystemCommandBody
}

/** Bounds of a lease: shorter and a busy event loop loses it, longer and a dead agent is noticed too late. */
export const lease = { defaultMs: 6_000, minMs: 1_000, maxMs: 600_000 } as const

const policy: Schema<SendPolicy> = oneOf('queue', 'parallel', 'interrupt', 'reject')
const parts: Schema<readonly PartStart[]> = array(partStart, { min: 1, max: 64 })
const attempt: Schema<number> = integer(1, 1_000_000)
const tokens: Schema<number> = integer(0, Number.MAX_SAFE_INTEGER)

const usage: Schema<Usage> = object({
  inputTokens: optional(tokens),
  outputTokens: optional(tokens),
  cachedTokens: optional(tokens),
  costUsd: optional(number(0)),
})

export const sessionSettings: Schema<SessionSettings> = object({
  metadata: optional(jsonObject()),
  agent: optional(agentName),
  policy: optional(policy),
  maxAttempts: optional(integer(1, 100)),
})

const writeOp: Schema<WriteOp> = tagged('op', {
  open: object({ message: clientId, part: clientId, step: optional(clientId), start: partStart }),
  delta: object({ message: clientId, part: clientId, text: string({ min: 1 }) }),
  set: object({ message: clientId, part: clientId, fields: partFields }),
  close: object({ message: clientId, part: clientId, fields: optional(partFields) }),
  'close-message': object({ message: clientId }),
  end: object({
    reason: oneOf('complete', 'cancelled', 'failed'),
    detail: optional(string({ max: 4_096 })),
    usage: optional(usage),
  }),
})

const cancelTarget: Schema<CancelTarget> = oneField({
  run: serverId,
  agent: agentName,
  all: onlyTrue(),
  own: onlyTrue(),
})

/** The shapes of the commands that a connection may send. */
export const commandBody: Schema<CommandBody> = tagged('type', {
  create: sessionSettings,
  update: object({ metadata: jsonObject() }),
  send: object({
    parts,
    agent: optional(agentName),
    policy: optional(policy),
    parent: optional(serverId),
    edits: optional(serverId),
  }),
  post: object({ parts, parent: optional(serverId), edits: optional(serverId) }),
  regenerate: object({ input: serverId, agent: optional(agentName), policy: optional(policy) }),
  cancel: object({ target: cancelTarget }),
  claim: object({ run: serverId, worker: clientId, leaseMs: optional(integer(lease.minMs, lease.maxMs)) }),
  heartbeat: object({ run: serverId, attempt }),
  write: object({
    run: serverId,
    attempt,
    n: integer(1, Number.MAX_SAFE_INTEGER),
    ops: array(writeOp, { min: 1, max: 1_000 }),
  }),
})
