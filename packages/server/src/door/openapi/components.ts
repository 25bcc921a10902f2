/** The named schemas of the OpenAPI document: what clients send, as it is checked, and what the server sends. */
import {
  commandBody,
  commandRequest,
  errorTable,
  sessionSettings,
  verbs,
  type ActiveRun,
  type Capability,
  type Cursor,
  type DataPart,
  type EndedRun,
  type EventEnvelope,
  type FilePart,
  type Floor,
  type Grant,
  type HiddenEvent,
  type InboxEntry,
  type JsonObject,
  type ListPage,
  type Message,
  type Outcome,
  type Presence,
  type QueuedRun,
  type ReasoningPart,
  type Request,
  type RequestSpec,
  type RunBase,
  type SessionRow,
  type SessionView,
  type SharedDocument,
  type SourcePart,
  type Steer,
  type SuspendedRun,
  type TextPart,
  type ToolPart,
  type Budget,
  type Usage,
  type WireError,
} from '@headrace/core'
import type { Assignment } from '../../hub-types.ts'
import type { Revocation } from '../../auth/revocation.ts'
import type { Share } from '../../auth/shares.ts'
import {
  always,
  amount,
  anything,
  constant,
  count,
  flag,
  free,
  list,
  maybe,
  oneOf,
  orNull,
  record,
  ref,
  text,
  time,
  words,
} from './shapes.ts'

interface EventOnWire extends EventEnvelope {
  readonly type: string
  readonly data: JsonObject
}

const audience = oneOf(words('operators', 'agents'), list(text))
const answerers = oneOf(constant('operators'), list(text))
const policy = words('queue', 'parallel', 'interrupt', 'reject', 'steer')
const reason = words('complete', 'cancelled', 'failed', 'lost', 'budget')

const asked = {
  title: text,
  answerers: maybe(answerers),
  expiresMs: maybe(count),
  to: maybe(audience),
} as const

type Spec<K extends RequestSpec['kind']> = Extract<RequestSpec, { readonly kind: K }>

const requestSpec = oneOf(
  record<Spec<'approval'>>({
    ...asked,
    kind: constant('approval'),
    action: anything,
    onExpiry: maybe(words('deny', 'approve', 'escalate')),
    escalateTo: maybe(answerers),
  }),
  record<Spec<'question'>>({
    ...asked,
    kind: constant('question'),
    schema: maybe(free),
    onExpiry: maybe(words('deny', 'escalate')),
    escalateTo: maybe(answerers),
  }),
  record<Spec<'tool'>>({
    ...asked,
    kind: constant('tool'),
    name: text,
    input: maybe(anything),
    claimMs: maybe(count),
    onLapse: maybe(words('fail', 'again')),
    onExpiry: maybe(words('deny')),
  }),
)

const answer = oneOf(
  record<{ decision: string; reason?: string }>({ decision: words('approve', 'deny'), reason: maybe(text) }),
  record<{ value: unknown }>({ value: anything }),
  record<{ output: unknown }>({ output: anything }),
  record<{ error: string }>({ error: text }),
)

const request = record<Request>({
  id: text,
  run: text,
  openedAt: time,
  spec: ref('RequestSpec'),
  digest: maybe(text),
  status: words('open', 'claimed', 'answered', 'expired', 'withdrawn'),
  answerers: maybe(answerers),
  expiresAt: maybe(time),
  claim: maybe(record<NonNullable<Request['claim']>>({ by: text, device: text, at: time, until: time })),
  answer: maybe(ref('Answer')),
  by: maybe(text),
  closedAt: maybe(time),
  detail: maybe(text),
  escalated: maybe(always),
})

const usage = record<Usage>({
  inputTokens: maybe(count),
  outputTokens: maybe(count),
  cachedTokens: maybe(count),
  costUsd: maybe(amount),
  toolCalls: maybe(count),
  timeMs: maybe(count),
})

const budget = record<Budget>({
  tokens: maybe(count),
  costUsd: maybe(amount),
  toolCalls: maybe(count),
  timeMs: maybe(count),
})

const ofPart = {
  id: text,
  status: words('open', 'closed', 'interrupted'),
  attempt: maybe(count),
  step: maybe(text),
  to: maybe(audience),
  redacted: maybe(always),
} as const

const part = oneOf(
  record<TextPart>({ ...ofPart, kind: constant('text'), text }),
  record<ReasoningPart>({ ...ofPart, kind: constant('reasoning'), text }),
  record<ToolPart>({
    ...ofPart,
    kind: constant('tool'),
    name: text,
    callId: text,
    text,
    input: maybe(anything),
    output: maybe(anything),
    error: maybe(text),
  }),
  record<FilePart>({ ...ofPart, kind: constant('file'), url: text, mediaType: text, name: maybe(text) }),
  record<SourcePart>({ ...ofPart, kind: constant('source'), url: text, title: maybe(text) }),
  record<DataPart>({ ...ofPart, kind: constant('data'), name: text, value: anything }),
)

const message = record<Message>({
  id: text,
  seq: count,
  at: time,
  parent: orNull(text),
  role: words('user', 'assistant'),
  author: text,
  name: maybe(text),
  status: words('open', 'complete', 'interrupted'),
  run: maybe(text),
  edits: maybe(text),
  mentions: maybe(list(text)),
  to: maybe(audience),
  parts: list(ref('Part')),
  chars: count,
  redacted: maybe(always),
})

const steer = record<Steer>({
  message: text,
  by: text,
  at: time,
  carry: flag,
  status: words('pending', 'consumed', 'missed'),
  step: maybe(text),
  why: maybe(text),
  next: maybe(text),
})

const byAt = record<{ by: string; at: number }>({ by: text, at: time })

const ofRun = {
  id: text,
  agent: text,
  input: text,
  policy,
  by: text,
  queuedAt: time,
  attempt: count,
  maxAttempts: count,
  lapses: maybe(count),
  parent: maybe(text),
  key: maybe(text),
  budget: maybe(ref('Budget')),
  usage: maybe(ref('Usage')),
  childUsage: maybe(ref('Usage')),
  paused: maybe(byAt),
  steers: maybe(list(ref('Steer'))),
  undelivered: maybe(
    record<NonNullable<RunBase['undelivered']>>({
      tries: count,
      error: text,
      at: time,
      retryAt: maybe(time),
      dead: maybe(always),
    }),
  ),
} as const

const run = oneOf(
  record<QueuedRun>({ ...ofRun, status: constant('queued'), lapsedAt: maybe(time) }),
  record<ActiveRun>({
    ...ofRun,
    status: constant('active'),
    worker: text,
    claimedAt: time,
    leaseMs: count,
    cancel: maybe(byAt),
  }),
  record<SuspendedRun>({
    ...ofRun,
    status: constant('suspended'),
    suspendedAt: time,
    waitsFor: list(text),
    detail: maybe(text),
  }),
  record<EndedRun>({
    ...ofRun,
    status: constant('ended'),
    reason,
    endedAt: time,
    claimedAt: maybe(time),
    detail: maybe(text),
    cancelledBy: maybe(text),
  }),
)

const floor = record<Floor>({
  holder: maybe(
    record<NonNullable<Floor['holder']>>({ actor: text, since: time, name: maybe(text), note: maybe(text) }),
  ),
  asked: list(record<Floor['asked'][number]>({ actor: text, at: time, name: maybe(text), note: maybe(text) })),
})

const view = record<SessionView>({
  id: text,
  seq: count,
  at: time,
  createdAt: time,
  createdBy: orNull(text),
  agent: text,
  policy,
  maxAttempts: count,
  budget: maybe(ref('Budget')),
  runBudget: maybe(ref('Budget')),
  participantBudget: maybe(ref('Budget')),
  unwatched: maybe(record<NonNullable<SessionView['unwatched']>>({ afterMs: count, action: words('pause', 'cancel') })),
  retention: maybe(record<NonNullable<SessionView['retention']>>({ rawMs: maybe(count), sessionMs: maybe(count) })),
  metadata: free,
  archived: maybe(always),
  forkedFrom: maybe(record<NonNullable<SessionView['forkedFrom']>>({ session: text, seq: count })),
  compactedTo: maybe(count),
  messages: list(ref('Message')),
  older: count,
  olderFor: maybe({ type: 'object', additionalProperties: count }),
  head: orNull(text),
  selected: maybe(record<NonNullable<SessionView['selected']>>({ leaf: text, by: text })),
  runs: list(ref('Run')),
  requests: list(ref('Request')),
  floor,
  document: record<SharedDocument>({ version: count, value: anything }),
  usage: ref('Usage'),
  cursors: list(record<Cursor>({ actor: text, seq: count, at: time })),
  presence: list(
    record<Presence>({ actor: text, device: text, node: text, since: time, name: maybe(text), label: maybe(text) }),
  ),
})

const event = record<EventOnWire>(
  {
    seq: count,
    at: time,
    type: { type: 'string', not: { const: 'hidden' } },
    actor: text,
    run: maybe(text),
    cmd: maybe(text),
    n: maybe(count),
    to: maybe(audience),
    was: maybe(text),
    data: free,
  },
  'A fact in the log of a session. PROTOCOL.md says what each type means; ignore types that you do not know.',
)

const hidden = record<HiddenEvent>(
  { seq: count, at: time, type: constant('hidden') },
  'Stands for an event that this reader may not see.',
)

const told = { cancel: maybe(always), paused: maybe(always), steers: maybe(count) } as const

type Of<K extends Outcome['outcome']> = Extract<Outcome, { readonly outcome: K }>

const taken = oneOf(
  record<Of<'accepted'>>({ outcome: constant('accepted'), seq: count, ...told }),
  record<Of<'noop'>>({ outcome: constant('noop'), seq: count, ...told }),
)

const error = record<WireError>({
  code: { type: 'string', examples: Object.keys(errorTable) },
  message: text,
  retry: words('never', 'later', 'reconnect', 'token'),
  detail: maybe(free),
})

const sessionRow = record<SessionRow>({
  id: text,
  createdAt: time,
  updatedAt: time,
  metadata: free,
  messages: count,
  status: words('active', 'waiting', 'idle'),
  openRuns: count,
  work: list(text),
  due: orNull(time),
  archived: flag,
  inbox: list(
    record<InboxEntry>({
      kind: words('request', 'failed', 'mention', 'unread'),
      for: text,
      ref: text,
      at: time,
      count: maybe(count),
    }),
  ),
})

const grant = record<Grant>({
  tenant: text,
  actor: text,
  name: maybe(text),
  capabilities: list(record<Capability>({ sessions: text, verbs: list(words(...verbs)) })),
  agents: list(text),
  expiresAt: time,
  issuedAt: maybe(time),
  jti: maybe(text),
})

type AnyRevocation = Pick<Revocation, 'id' | 'at' | 'by' | 'until' | 'reason'> & {
  readonly token?: string
  readonly actor?: string
  readonly all?: true
  readonly issuedBefore?: number
}

const revocation = record<AnyRevocation>({
  id: text,
  at: time,
  by: text,
  until: time,
  reason: maybe(text),
  token: maybe(text),
  actor: maybe(text),
  all: maybe(always),
  issuedBefore: maybe(time),
})

/** By name, as `#/components/schemas/…` has them. */
export const components: Readonly<Record<string, JsonObject>> = {
  CommandBody: commandBody.json,
  CommandRequest: commandRequest.json,
  SessionSettings: sessionSettings.json,
  Taken: taken,
  Refused: record<Of<'refused'>>({ outcome: constant('refused'), error: ref('Error') }),
  Problem: record<{ error: WireError }>({ error: ref('Error') }),
  Error: error,
  SessionView: view,
  Message: message,
  Part: part,
  Run: run,
  Steer: steer,
  Request: request,
  RequestSpec: requestSpec,
  Answer: answer,
  Usage: usage,
  Budget: budget,
  Event: event,
  HiddenEvent: hidden,
  SessionRow: sessionRow,
  SessionList: record<ListPage>({ rows: list(ref('SessionRow')), cursor: maybe(text) }),
  Assignment: record<Assignment>({
    session: text,
    run: text,
    attempt: count,
    agent: text,
    leaseMs: count,
    view: ref('SessionView'),
  }),
  Grant: grant,
  Revocation: revocation,
  Share: record<Share>({ id: text, createdAt: time, createdBy: text, expiresAt: time, name: maybe(text) }),
}
