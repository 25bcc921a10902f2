/** What each route is for and what it answers: what a route's own checks don't say. */
import type { FoundMessage, FoundPage, InboxItem, InboxPage, JsonObject, Verb } from '@headrace/core'
import { agentFormats } from '@headrace/formats'
import type { ShownHttpAgent } from '../../agents/http-agent.ts'
import type { PutBlob } from '../../history/blobs.ts'
import type { Compacted } from '../../history/compact.ts'
import type { ForkedSession } from '../../history/history.ts'
import type { StreamInfo } from '../../streams/linked-streams.ts'
import type { Claimed } from '../../streams/subscriptions.ts'
import { always, constant, count, flag, free, list, maybe, oneOf, record, ref, text, time, words } from './shapes.ts'

export interface Operation {
  readonly summary: string
  /** What the token must allow on the session; left out: nothing, or it depends. */
  readonly verb?: Verb | readonly Verb[]
  /** JSON answers by status; `null` has no body. */
  readonly answers: Readonly<Record<number, JsonObject | null>>
  /** The shape of errors, where it is not the one that all have. */
  readonly problem?: JsonObject
  /** An answer that is not JSON. */
  readonly other?: Readonly<Record<string, JsonObject>>
}

const events = record<{ events: unknown; head: number }>({
  events: list(oneOf(ref('Event'), ref('HiddenEvent'))),
  head: count,
})
const link = record<{ token: string; id: string; expiresAt: number }>({ token: text, id: text, expiresAt: time })
const created = record<{ id: string; outcome: string; seq: number }>({
  id: text,
  outcome: words('accepted', 'noop'),
  seq: count,
})

const forked = record<ForkedSession>({
  id: text,
  outcome: words('accepted', 'noop'),
  from: text,
  at: count,
  seq: count,
})
const found = record<FoundMessage>({
  session: text,
  message: text,
  seq: count,
  at: time,
  role: words('user', 'assistant'),
  author: text,
  name: maybe(text),
  snippet: text,
})
const waiting = record<InboxItem>({
  session: text,
  title: maybe(text),
  kind: words('request', 'failed', 'mention', 'unread'),
  ref: text,
  at: time,
  count: maybe(count),
  request: maybe(ref('Request')),
})

const httpAgent = record<ShownHttpAgent>({
  agent: text,
  url: text,
  format: words(...agentFormats),
  headers: list(text),
  signed: flag,
  body: maybe(free),
  retry: maybe(words('never', 'on-loss')),
  capacity: maybe(count),
  leaseMs: maybe(count),
  firstByteMs: maybe(count),
  idleMs: maybe(count),
  totalMs: maybe(count),
  maxBytes: maybe(count),
})
const pushSubscription = record<{ endpoint: string; label?: string }>({ endpoint: text, label: maybe(text) })

const linkType = words('glob', 'explicit')
const linkedStream = record<{ path: string; link_type: string; acked_offset: string }>({
  path: text,
  link_type: linkType,
  acked_offset: text,
})
const subscription = record<{
  id: string
  subscription_id: string
  type: string
  pattern?: string
  streams: unknown
  webhook?: unknown
  wake_stream?: string
  lease_ttl_ms: number
  created_at: string
  status: string
  description?: string
}>({
  id: text,
  subscription_id: text,
  type: words('webhook', 'pull-wake'),
  pattern: maybe(text),
  streams: list(linkedStream),
  webhook: maybe(
    record<{ url: string; signing: unknown }>({
      url: text,
      signing: record<{ alg: string; kid: string; jwks_url: string }>({ alg: text, kid: text, jwks_url: text }),
    }),
  ),
  wake_stream: maybe(text),
  lease_ttl_ms: count,
  created_at: text,
  status: words('active', 'failed'),
  description: maybe(text),
})
const claimed = record<Claimed>({
  wake_id: text,
  generation: count,
  token: text,
  lease_ttl_ms: count,
  streams: list(
    record<StreamInfo>({
      path: text,
      link_type: linkType,
      acked_offset: text,
      tail_offset: text,
      has_pending: { type: 'boolean' },
    }),
  ),
})
const acknowledged = record<{ ok: true; next_wake: boolean }>({ ok: always, next_wake: { type: 'boolean' } })
/** The protocol's own, with words in capitals. */
const ownProblem: JsonObject = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message'],
      properties: { code: text, message: text },
      additionalProperties: true,
    },
  },
}
const subscriptionPath = '/v1/stream/__ds/subscriptions/{subscription}'

/** By method and path, as the routes have them. */
export const operations: Readonly<Record<string, Operation>> = {
  'POST /v1/sessions': {
    summary: 'Makes a session, with an id of your own or a new one. 200 where it exists.',
    verb: 'send',
    answers: { 200: created, 201: created },
  },
  'GET /v1/sessions': {
    summary:
      'The sessions that you may read, last changed first. More while there is a cursor. metadata.<field> asks for a value.',
    answers: { 200: ref('SessionList') },
  },
  'GET /v1/sessions/{session}': {
    summary: 'The view of a session: what is hot, as you may see it; now, after an event, or at a time.',
    verb: 'read',
    answers: { 200: ref('SessionView') },
  },
  'DELETE /v1/sessions/{session}': {
    summary: 'Removes a session with all its events.',
    verb: 'admin',
    answers: { 204: null },
  },
  'GET /v1/sessions/{session}/events': {
    summary: 'Events after a seq: at once, as soon as there is one (long-poll), or as a stream (sse).',
    verb: 'read',
    answers: { 200: events },
    other: { 'text/event-stream': text },
  },
  'GET /v1/sessions/{session}/messages': {
    summary: 'Messages that have left the view: the newest before a seq, oldest first.',
    verb: 'read',
    answers: {
      200: record<{ messages: unknown; more: boolean }>({ messages: list(ref('Message')), more: { type: 'boolean' } }),
    },
  },
  'POST /v1/sessions/{session}/commands': {
    summary: 'One command. Its answer says the outcome, also when it is refused.',
    answers: { 200: ref('Taken') },
  },
  'POST /v1/ag-ui/{agent}': {
    summary: 'An AG-UI agent: takes what is new of a thread, which is a session, and follows the run that comes of it.',
    verb: ['read', 'send'],
    answers: {},
    other: { 'text/event-stream': text },
  },
  'POST /v1/ai-sdk/chat': {
    summary: 'A chat of the AI SDK, which is a session: takes what is new of it and streams the answer in UI chunks.',
    verb: ['read', 'send'],
    answers: {},
    other: { 'text/event-stream': text },
  },
  'GET /v1/ai-sdk/chat/{session}/stream': {
    summary: 'The answer that is under way, from its first word on; 204 when there is none.',
    verb: 'read',
    answers: { 204: null },
    other: { 'text/event-stream': text },
  },
  'POST /v1/ai-sdk/chat/{session}/stop': {
    summary: 'Stops what the session works on; without the verb control, what the caller asked for.',
    verb: 'read',
    answers: { 204: null },
  },
  'GET /v1/ai-sdk/chat/{session}/messages': {
    summary: 'The newest messages as UI messages, to begin a chat with; none for a session that does not exist yet.',
    verb: 'read',
    answers: { 200: record<{ messages: unknown }>({ messages: list(free) }) },
  },
  'GET /v1/sessions/{session}/agents': {
    summary: 'The agents that are there for a session now. What is sent to another one waits until it comes.',
    verb: 'send',
    answers: { 200: record<{ agents: unknown }>({ agents: list(text) }) },
  },
  'POST /v1/agents/{agent}/claim': {
    summary: 'Waits for a run of an agent and takes it. 204 when none came in time.',
    verb: 'write-as-agent',
    answers: { 200: ref('Assignment'), 204: null },
  },
  'GET /v1/agents': {
    summary: 'The agents that the server calls by HTTP. Of secrets only what they are for.',
    verb: 'admin',
    answers: { 200: record<{ agents: unknown }>({ agents: list(httpAgent) }) },
  },
  'GET /v1/agents/{agent}': {
    summary: 'One of them.',
    verb: 'admin',
    answers: { 200: httpAgent },
  },
  'PUT /v1/agents/{agent}': {
    summary: 'Makes an HTTP endpoint an agent, or changes how it is called: all of it is as the body says.',
    verb: 'admin',
    answers: { 200: httpAgent },
  },
  'DELETE /v1/agents/{agent}': {
    summary: 'Ends that, and removes its settings with their secrets from the store.',
    verb: 'admin',
    answers: { 204: null },
  },
  'GET /v1/stream/{path}': {
    summary: 'What a stream holds after an offset: at once, as soon as there is more (long-poll), or as events (sse).',
    verb: 'read',
    answers: { 200: null, 204: null, 304: null },
  },
  'PUT /v1/stream/{path}': {
    summary: 'Makes a stream, or a fork of one. 200 where it exists and is just so.',
    verb: 'post',
    answers: { 200: null, 201: null },
  },
  'POST /v1/stream/{path}': {
    summary: 'Appends to a stream, closes it, or both.',
    verb: 'post',
    answers: { 200: null, 204: null },
  },
  'DELETE /v1/stream/{path}': {
    summary: 'Removes a stream. Forks of it live on.',
    verb: 'admin',
    answers: { 204: null },
  },
  'GET /v1/stream/sessions/{session}': {
    summary: 'The events of a session, as you may see them, as a stream of JSON: the offset of an event is its seq.',
    verb: 'read',
    answers: { 200: null, 204: null, 304: null },
  },
  'GET /v1/stream/__ds/jwks.json': {
    summary: 'The key that webhooks of subscriptions are signed with.',
    answers: {},
    problem: ownProblem,
    other: {
      'application/jwk-set+json': record<{ keys: unknown }>({ keys: { type: 'array', items: { type: 'object' } } }),
    },
  },
  [`PUT ${subscriptionPath}`]: {
    summary: 'Makes a subscription to streams. 200 where it exists and is just so.',
    verb: 'admin',
    answers: { 200: subscription, 201: subscription },
    problem: ownProblem,
  },
  [`GET ${subscriptionPath}`]: {
    summary: 'A subscription, and how far each of its streams was handled.',
    verb: 'read',
    answers: { 200: subscription },
    problem: ownProblem,
  },
  [`DELETE ${subscriptionPath}`]: {
    summary: 'Removes a subscription.',
    verb: 'admin',
    answers: { 204: null },
    problem: ownProblem,
  },
  [`POST ${subscriptionPath}/streams`]: {
    summary: 'Adds streams to a subscription.',
    verb: 'admin',
    answers: { 204: null },
    problem: ownProblem,
  },
  [`DELETE ${subscriptionPath}/streams/{path}`]: {
    summary: 'Takes a stream out of a subscription that was named in it.',
    verb: 'admin',
    answers: { 204: null },
    problem: ownProblem,
  },
  [`POST ${subscriptionPath}/claim`]: {
    summary: 'Takes what is new in the streams of a pull-wake subscription, for one worker.',
    verb: 'post',
    answers: { 200: claimed },
    problem: ownProblem,
  },
  [`POST ${subscriptionPath}/callback`]: {
    summary: 'What whoever was called by webhook has handled. With the token of the call.',
    answers: { 200: acknowledged },
    problem: ownProblem,
  },
  [`POST ${subscriptionPath}/ack`]: {
    summary: 'What a worker has handled. With the token of its claim.',
    answers: { 200: acknowledged },
    problem: ownProblem,
  },
  [`POST ${subscriptionPath}/release`]: {
    summary: 'Gives a claim back. With its token.',
    answers: { 204: null },
    problem: ownProblem,
  },
  'POST /v1/sessions/{session}/share': {
    summary: 'A link by which others read the session.',
    verb: ['admin', 'read'],
    answers: { 201: link },
  },
  'GET /v1/sessions/{session}/shares': {
    summary: 'The links that still work.',
    verb: 'admin',
    answers: { 200: record<{ shares: unknown }>({ shares: list(ref('Share')) }) },
  },
  'DELETE /v1/sessions/{session}/shares/{share}': {
    summary: 'Closes a link and cuts who reads by it.',
    verb: 'admin',
    answers: { 204: null },
  },
  'POST /v1/sessions/{session}/fork': {
    summary: 'A copy of the session as it was after an event, with a log of its own. 200 where this copy exists.',
    verb: ['read', 'send'],
    answers: { 200: forked, 201: forked },
  },
  'GET /v1/sessions/{session}/export': {
    summary: 'The whole log as lines of JSON that can be verified without a server.',
    verb: 'read',
    answers: {},
    other: { 'application/x-ndjson': text },
  },
  'POST /v1/sessions/{session}/compact': {
    summary: 'Drops raw output of closed parts from the log.',
    verb: 'admin',
    answers: { 200: record<Compacted>({ floor: count, dropped: count }) },
  },
  'PUT /v1/sessions/{session}/blobs': {
    summary: 'Keeps the body, whatever it is, beside the log. A file part names it by the url in the answer.',
    verb: 'post',
    answers: { 201: record<PutBlob>({ id: text, url: text, bytes: count, mediaType: text }) },
  },
  'GET /v1/sessions/{session}/blobs/{blob}': {
    summary: 'The content of a blob, with the media type that it was put with.',
    verb: 'read',
    answers: {},
    other: { '*/*': { type: 'string', contentMediaType: 'application/octet-stream' } },
  },
  'GET /v1/search': {
    summary: 'Messages with some words in the sessions that you may read, newest first.',
    answers: { 200: record<FoundPage>({ hits: list(found), cursor: maybe(text) }) },
  },
  'GET /v1/inbox': {
    summary: 'What waits for you in the sessions that you may read.',
    answers: { 200: record<InboxPage>({ entries: list(waiting), cursor: maybe(text) }) },
  },
  'GET /v1/me': { summary: 'Who the token says you are and what you may do.', answers: { 200: ref('Grant') } },
  'POST /v1/tickets': {
    summary: 'A ticket that stands for your token, once and soon.',
    answers: { 201: record<{ ticket: string; expiresAt: number }>({ ticket: text, expiresAt: time }) },
  },
  'POST /v1/tokens': {
    summary: 'A token that allows no more than your own.',
    verb: 'admin',
    answers: { 201: link },
  },
  'GET /v1/push/key': {
    summary: 'The public key that a browser subscribes with, where Web Push is on.',
    answers: { 200: record<{ publicKey: string }>({ publicKey: text }) },
  },
  'GET /v1/push/subscriptions': {
    summary: 'Where the caller is reached while away.',
    answers: { 200: record<{ subscriptions: unknown }>({ subscriptions: list(pushSubscription) }) },
  },
  'POST /v1/push/subscriptions': {
    summary: 'Adds what a browser gave as a way to reach the caller.',
    answers: { 204: null },
  },
  'DELETE /v1/push/subscriptions': { summary: 'Removes one of them.', answers: { 204: null } },
  'POST /v1/revocations': {
    summary: 'Takes tokens back before they expire.',
    verb: 'admin',
    answers: { 201: ref('Revocation') },
  },
  'GET /v1/revocations': {
    summary: 'Revocations that can still hit a token, newest first.',
    verb: 'admin',
    answers: {
      200: record<{ revocations: unknown; more: boolean }>({
        revocations: list(ref('Revocation')),
        more: { type: 'boolean' },
      }),
    },
  },
  'POST /v1/mcp': {
    summary:
      'Tools over sessions for models, by the Model Context Protocol (streamable HTTP, without sessions of its own).',
    answers: { 200: { type: 'object' }, 202: null },
    other: { 'text/event-stream': text },
  },
  'GET /v1/openapi.json': { summary: 'This document.', answers: { 200: { type: 'object' } } },
  'GET /v1/connect': {
    summary: 'The WebSocket, by an upgrade with the subprotocol headrace.v1. Without one: 426.',
    answers: {},
  },
  'GET /healthz': {
    summary: 'Whether the server lives.',
    answers: { 200: record<{ status: string }>({ status: constant('ok') }) },
  },
  'GET /readyz': {
    summary: 'Whether the server should get traffic.',
    answers: { 200: record<{ status: string }>({ status: constant('ready') }) },
  },
  'GET /metrics': {
    summary: 'Metrics, with a token that allows admin on all sessions; without one from the same machine.',
    answers: {},
    other: { 'text/plain': text },
  },
}
