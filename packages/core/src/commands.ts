import { audience, type Audience } from './audience.ts'
import type { EndReason, Gap, Retention, SendPolicy, SessionSettings, SettingsChange, Unwatched } from './events.ts'
import type { Grant } from './grant.ts'
import {
  agentName,
  clientId,
  participant,
  serverId,
  type Actor,
  type AgentName,
  type MessageId,
  type RunId,
  type SessionId,
} from './ids.ts'
import type { JsonObject } from './json.ts'
import { jsonPatch, type JsonPatch } from './json-patch.ts'
import { partFields, partStart, type PartFields, type PartStart } from './parts.ts'
import { answer, requestSpec, type Answer, type RequestSpec } from './request.ts'
import { budget, usage, type Budget, type Usage } from './usage.ts'
import {
  array,
  boolean,
  integer,
  jsonObject,
  nullable,
  object,
  oneField,
  oneOf,
  onlyTrue,
  optional,
  string,
  tagged,
  type ObjectSchema,
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
      /** Who may see the part; a message that it opens is for the same people. Default: whoever sees the message. */
      readonly to?: Audience
    }
  /** Appends text to an open part. */
  | { readonly op: 'delta'; readonly message: string; readonly part: string; readonly text: string }
  /** Sets fields of an open part. */
  | { readonly op: 'set'; readonly message: string; readonly part: string; readonly fields: PartFields }
  | { readonly op: 'close'; readonly message: string; readonly part: string; readonly fields?: PartFields }
  /** Closes a message whose parts are closed. Ending a run closes all of its messages. */
  | { readonly op: 'close-message'; readonly message: string }
  /** Reports what was used since the last report. */
  | { readonly op: 'usage'; readonly usage: Usage }
  /** Asks somebody. A request that the run has under this key already stays as it is. */
  | { readonly op: 'request'; readonly key: string; readonly spec: RequestSpec }
  /** Takes a request back. */
  | { readonly op: 'withdraw'; readonly key: string; readonly detail?: string }
  /** The agent has taken a steer into account. `message`: the id of the steering message. */
  | { readonly op: 'consume'; readonly message: MessageId; readonly step?: string }
  /** Starts another agent's run under this one. A run that was started under this key already stays as it is. */
  | {
      readonly op: 'spawn'
      readonly key: string
      readonly agent: AgentName
      readonly parts: readonly PartStart[]
      readonly to?: Audience
      readonly budget?: Budget
    }
  /**
   * Lets go of the run until the requests with these keys have an answer, or somebody resumes it; whoever claims it then
   * goes on. It must be the last operation.
   */
  | { readonly op: 'suspend'; readonly waitsFor?: readonly string[]; readonly detail?: string }
  /** Ends the run. It must be the last operation. `usage`: what was used since the last report. */
  | {
      readonly op: 'end'
      readonly reason: Exclude<EndReason, 'lost' | 'budget'>
      readonly detail?: string
      readonly usage?: Usage
    }

/** Which runs a cancel means. `own`: those that the caller's inputs asked for. `subtree`: a run and all that it started. */
export type CancelTarget =
  | { readonly run: RunId }
  | { readonly subtree: RunId }
  | { readonly agent: AgentName }
  | { readonly all: true }
  | { readonly own: true }

/** What a participant or an agent asks of a session. */
export type CommandBody =
  | ({ readonly type: 'create' } & SessionSettings)
  /** Merges into the session's metadata, where `null` removes a key, and changes settings. */
  | ({ readonly type: 'update'; readonly metadata?: JsonObject } & SettingsChange)
  /** A message that asks for work. `policy: 'interrupt'` over another policy of the session may need the verb `control`. */
  | {
      readonly type: 'send'
      readonly parts: readonly PartStart[]
      readonly agent?: AgentName
      /** Several agents that answer side by side, in place of `agent`. */
      readonly agents?: readonly AgentName[]
      readonly policy?: SendPolicy
      readonly parent?: MessageId
      /** Makes this a new version of that message. */
      readonly edits?: MessageId
      /** Who may see the message. Default: everybody. */
      readonly to?: Audience
      readonly mentions?: readonly Actor[]
      /** What each of its runs may use. Default: the session's `runBudget`. */
      readonly budget?: Budget
    }
  /** A message that doesn't ask for work. */
  | {
      readonly type: 'post'
      readonly parts: readonly PartStart[]
      readonly parent?: MessageId
      readonly edits?: MessageId
      readonly to?: Audience
      readonly mentions?: readonly Actor[]
    }
  /** Asks for another answer to an input. */
  | { readonly type: 'regenerate'; readonly input: MessageId; readonly agent?: AgentName; readonly policy?: SendPolicy }
  | { readonly type: 'cancel'; readonly target: CancelTarget }
  /** A message for the agent that works on a run. `carry`: becomes the next input if the agent does not take it; default true. */
  | {
      readonly type: 'steer'
      readonly run: RunId
      readonly parts: readonly PartStart[]
      readonly carry?: boolean
      readonly to?: Audience
    }
  /** Holds a run: it is not claimed, and no output of it is taken, until it is resumed. */
  | { readonly type: 'pause'; readonly run: RunId }
  /** Lets a paused or suspended run go on. */
  | { readonly type: 'resume'; readonly run: RunId }
  /** Puts a queued run before another one, or last. */
  | { readonly type: 'reorder'; readonly run: RunId; readonly before: RunId | null }
  /** Gives a run that could not be delivered another chance. */
  | { readonly type: 'retry'; readonly run: RunId }
  /** A device takes a tool request: it alone may answer it then. */
  | { readonly type: 'claim-request'; readonly request: string; readonly device: string }
  /** Answers a request. An approval names the `digest` of the action that was looked at; a tool the `device`. */
  | {
      readonly type: 'answer'
      readonly request: string
      readonly answer: Answer
      readonly digest?: string
      readonly device?: string
    }
  | { readonly type: 'request-floor'; readonly note?: string }
  /** Takes over: agents hold still until the floor is handed back. `force` takes it from another person; needs `admin`. */
  | { readonly type: 'take-floor'; readonly note?: string; readonly force?: true }
  | { readonly type: 'hand-back'; readonly note?: string }
  /** Changes the shared document, if it still has this version. Without one: whatever it has. */
  | { readonly type: 'patch'; readonly patch: JsonPatch; readonly version?: number }
  /** Shares which branch one looks at. */
  | { readonly type: 'select'; readonly leaf: MessageId }
  /** Says how far one has read. */
  | { readonly type: 'read'; readonly seq: number }
  /** Takes the content of a message, or of one part, out of the session for good. */
  | { readonly type: 'redact'; readonly message: MessageId; readonly part?: string; readonly reason?: string }
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
  /** The state is a copy of another session's. */
  | { readonly type: 'forked'; readonly from: SessionId; readonly at: number }
  | { readonly type: 'compacted'; readonly floor: number; readonly gaps: readonly Gap[] }
  | { readonly type: 'erased'; readonly of: number }
  /** It is this server's to tell for so long: a noop where it is another one's. */
  | { readonly type: 'take-notice'; readonly id: string; readonly node: string; readonly forMs: number }
  | { readonly type: 'settle-notice'; readonly id: string; readonly outcome: 'sent' | 'seen' | 'failed' | 'no-address' }
  /** Calling the agent of a run failed: the attempt that was claimed for it is over, and no attempt is used up. */
  | {
      readonly type: 'undelivered'
      readonly run: RunId
      readonly attempt: number
      readonly error: string
      /** After how many milliseconds its agent is called again. Left out: it is not. */
      readonly retryMs?: number
    }

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

const policy: Schema<SendPolicy> = oneOf('queue', 'parallel', 'interrupt', 'reject', 'steer')
const parts: Schema<readonly PartStart[]> = array(partStart, { min: 1, max: 64 })
const attempt: Schema<number> = integer(1, 1_000_000)
const note: Schema<string> = string({ max: 4_096 })
const mentions: Schema<readonly Actor[]> = array(participant, { min: 1, max: 32 })
const span: Schema<number> = integer(1_000, 315_360_000_000)
const maxAttempts: Schema<number> = integer(1, 100)
const seq: Schema<number> = integer(0, Number.MAX_SAFE_INTEGER)

const unwatched: Schema<Unwatched> = object({ afterMs: span, action: oneOf('pause', 'cancel') })
const retention: Schema<Retention> = object({ rawMs: optional(span), sessionMs: optional(span) })

export const sessionSettings: ObjectSchema<SessionSettings> = object({
  metadata: optional(jsonObject()),
  agent: optional(agentName),
  policy: optional(policy),
  maxAttempts: optional(maxAttempts),
  budget: optional(budget),
  runBudget: optional(budget),
  participantBudget: optional(budget),
  unwatched: optional(unwatched),
  retention: optional(retention),
})

const writeOp: Schema<WriteOp> = tagged('op', {
  open: object({
    message: clientId,
    part: clientId,
    step: optional(clientId),
    start: partStart,
    to: optional(audience),
  }),
  delta: object({ message: clientId, part: clientId, text: string({ min: 1 }) }),
  set: object({ message: clientId, part: clientId, fields: partFields }),
  close: object({ message: clientId, part: clientId, fields: optional(partFields) }),
  'close-message': object({ message: clientId }),
  usage: object({ usage }),
  request: object({ key: clientId, spec: requestSpec }),
  withdraw: object({ key: clientId, detail: optional(note) }),
  consume: object({ message: serverId, step: optional(clientId) }),
  spawn: object({
    key: clientId,
    agent: agentName,
    parts,
    to: optional(audience),
    budget: optional(budget),
  }),
  suspend: object({ waitsFor: optional(array(clientId, { max: 64 })), detail: optional(note) }),
  end: object({
    reason: oneOf('complete', 'cancelled', 'failed'),
    detail: optional(note),
    usage: optional(usage),
  }),
})

const cancelTarget: Schema<CancelTarget> = oneField({
  run: serverId,
  subtree: serverId,
  agent: agentName,
  all: onlyTrue(),
  own: onlyTrue(),
})

/** The shapes of the commands that a connection may send. */
export const commandBody: Schema<CommandBody> = tagged('type', {
  create: sessionSettings,
  update: object({
    metadata: optional(jsonObject()),
    agent: optional(agentName),
    policy: optional(policy),
    maxAttempts: optional(maxAttempts),
    budget: optional(nullable(budget)),
    runBudget: optional(nullable(budget)),
    participantBudget: optional(nullable(budget)),
    unwatched: optional(nullable(unwatched)),
    retention: optional(nullable(retention)),
    archived: optional(boolean()),
  }),
  send: object({
    parts,
    agent: optional(agentName),
    agents: optional(array(agentName, { min: 1, max: 16 })),
    policy: optional(policy),
    parent: optional(serverId),
    edits: optional(serverId),
    to: optional(audience),
    mentions: optional(mentions),
    budget: optional(budget),
  }),
  post: object({
    parts,
    parent: optional(serverId),
    edits: optional(serverId),
    to: optional(audience),
    mentions: optional(mentions),
  }),
  regenerate: object({ input: serverId, agent: optional(agentName), policy: optional(policy) }),
  cancel: object({ target: cancelTarget }),
  steer: object({ run: serverId, parts, carry: optional(boolean()), to: optional(audience) }),
  pause: object({ run: serverId }),
  resume: object({ run: serverId }),
  reorder: object({ run: serverId, before: nullable(serverId) }),
  retry: object({ run: serverId }),
  'claim-request': object({ request: serverId, device: clientId }),
  answer: object({
    request: serverId,
    answer,
    digest: optional(string({ pattern: /^[0-9a-f]{64}$/, called: 'a SHA-256 in 64 hex characters' })),
    device: optional(clientId),
  }),
  'request-floor': object({ note: optional(note) }),
  'take-floor': object({ note: optional(note), force: optional(onlyTrue()) }),
  'hand-back': object({ note: optional(note) }),
  patch: object({ patch: jsonPatch, version: optional(seq) }),
  select: object({ leaf: serverId }),
  read: object({ seq: integer(1, Number.MAX_SAFE_INTEGER) }),
  redact: object({ message: serverId, part: optional(serverId), reason: optional(note) }),
  claim: object({ run: serverId, worker: clientId, leaseMs: optional(integer(lease.minMs, lease.maxMs)) }),
  heartbeat: object({ run: serverId, attempt }),
  write: object({
    run: serverId,
    attempt,
    n: integer(1, Number.MAX_SAFE_INTEGER),
    ops: array(writeOp, { min: 1, max: 1_000 }),
  }),
})
