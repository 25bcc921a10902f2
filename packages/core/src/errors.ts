import type { JsonObject } from './json.ts'

/**
 * What the caller should do after an error.
 *
 * - `never`: the same request can't succeed; change it.
 * - `later`: wait (with back-off), then send the same request again.
 * - `reconnect`: open a new connection, then resume.
 * - `token`: get a new token first.
 */
export type RetryAdvice = 'never' | 'later' | 'reconnect' | 'token'

/** What went wrong, as one word that programs compare. {@link errorTable} says what each means. */
export type ErrorCode =
  | 'bad_request'
  | 'unauthenticated'
  | 'token_expired'
  | 'token_revoked'
  | 'auth_unavailable'
  | 'forbidden'
  | 'origin_not_allowed'
  | 'host_not_allowed'
  | 'not_found'
  | 'method_not_allowed'
  | 'session_not_found'
  | 'stream_not_found'
  | 'stream_gone'
  | 'stream_conflict'
  | 'stream_closed'
  | 'producer_fenced'
  | 'message_not_found'
  | 'run_not_found'
  | 'run_ended'
  | 'not_claimable'
  | 'fenced'
  | 'out_of_order'
  | 'part_conflict'
  | 'agent_busy'
  | 'request_not_found'
  | 'request_closed'
  | 'request_taken'
  | 'action_changed'
  | 'invalid_answer'
  | 'paused'
  | 'floor_taken'
  | 'floor_not_held'
  | 'version_conflict'
  | 'patch_failed'
  | 'compacted'
  | 'budget_exhausted'
  | 'limit_exceeded'
  | 'frame_too_large'
  | 'too_many_requests'
  | 'too_many_connections'
  | 'hello_timeout'
  | 'idle_timeout'
  | 'slow_consumer'
  | 'unsupported_version'
  | 'draining'
  | 'store_full'
  | 'store_unavailable'
  | 'unknown_outcome'
  | 'store_version'
  | 'store_locked'
  | 'store_corrupt'
  | 'closed'
  | 'connection_lost'
  | 'upstream_failed'
  | 'internal'

/** What {@link errorTable} says of a code. */
export interface ErrorRow {
  /** HTTP status of a response that carries this error. */
  readonly status: number
  /** WebSocket close code when this error ends a connection. */
  readonly close: number
  readonly retry: RetryAdvice
  readonly meaning: string
}

/**
 * The one table of errors: code → HTTP status, WebSocket close code and what the caller does next.
 * PROTOCOL.md prints this table; a test compares the two.
 */
export const errorTable: Readonly<Record<ErrorCode, ErrorRow>> = {
  bad_request: {
    status: 400,
    close: 4400,
    retry: 'never',
    meaning: 'A message or argument has the wrong shape; the text names the field.',
  },
  unauthenticated: { status: 401, close: 4401, retry: 'token', meaning: 'No token, or one this server did not sign.' },
  token_expired: { status: 401, close: 4401, retry: 'token', meaning: 'The token was valid once; get a new one.' },
  token_revoked: {
    status: 401,
    close: 4401,
    retry: 'token',
    meaning: 'The token was revoked before it expired; get a new one, if you still may.',
  },
  auth_unavailable: {
    status: 503,
    close: 1013,
    retry: 'later',
    meaning: "What tokens are checked with (keys, revocations) can't be read now; the token may be good.",
  },
  forbidden: {
    status: 403,
    close: 4403,
    retry: 'never',
    meaning: 'The token does not allow this verb on this session.',
  },
  origin_not_allowed: {
    status: 403,
    close: 4403,
    retry: 'never',
    meaning: 'The page that asked is not on an allowed origin.',
  },
  host_not_allowed: {
    status: 403,
    close: 4403,
    retry: 'never',
    meaning: 'The Host header names a host this server does not answer for.',
  },
  not_found: { status: 404, close: 4404, retry: 'never', meaning: 'No such route, or nothing under this id.' },
  method_not_allowed: {
    status: 405,
    close: 4405,
    retry: 'never',
    meaning: 'The route exists, but not for this HTTP method.',
  },
  session_not_found: { status: 404, close: 4404, retry: 'never', meaning: 'No session with this id; create it first.' },
  stream_not_found: { status: 404, close: 4404, retry: 'never', meaning: 'No stream of this path; create it first.' },
  stream_gone: {
    status: 410,
    close: 4410,
    retry: 'never',
    meaning: 'The stream was deleted, and is kept only for its forks.',
  },
  stream_conflict: {
    status: 409,
    close: 4409,
    retry: 'never',
    meaning: 'The stream is not as the request needs it: its configuration, content type or Stream-Seq.',
  },
  stream_closed: { status: 409, close: 4409, retry: 'never', meaning: 'The stream is closed; that is final.' },
  producer_fenced: {
    status: 403,
    close: 4403,
    retry: 'never',
    meaning: 'A later epoch of this producer appends to the stream; this one must stop.',
  },
  message_not_found: { status: 404, close: 4404, retry: 'never', meaning: 'The session has no message with this id.' },
  run_not_found: {
    status: 404,
    close: 4404,
    retry: 'never',
    meaning: 'The session has no open or recent run with this id.',
  },
  run_ended: { status: 409, close: 4409, retry: 'never', meaning: 'The run is over; ended is final.' },
  not_claimable: {
    status: 409,
    close: 4409,
    retry: 'never',
    meaning: 'The run is not waiting for an agent, or others are before it.',
  },
  fenced: {
    status: 409,
    close: 4409,
    retry: 'never',
    meaning: 'A later attempt holds the run, or the lease lapsed; this writer must stop.',
  },
  out_of_order: {
    status: 409,
    close: 4409,
    retry: 'never',
    meaning: 'A write batch is missing before this one; the detail names the expected number.',
  },
  part_conflict: {
    status: 409,
    close: 4409,
    retry: 'never',
    meaning: 'The part or message is not in the state this operation needs.',
  },
  agent_busy: {
    status: 409,
    close: 4409,
    retry: 'later',
    meaning: 'The agent has a run in this session and the policy is reject.',
  },
  request_not_found: {
    status: 404,
    close: 4404,
    retry: 'never',
    meaning: 'The session has no open or recent request with this id.',
  },
  request_closed: {
    status: 409,
    close: 4409,
    retry: 'never',
    meaning: 'The request is over; the text says how, and by whom.',
  },
  request_taken: {
    status: 409,
    close: 4409,
    retry: 'never',
    meaning: 'Another device claimed the request; it runs there.',
  },
  action_changed: {
    status: 409,
    close: 4409,
    retry: 'never',
    meaning: 'The approval is for another action than the one that waits; look at it again.',
  },
  invalid_answer: {
    status: 400,
    close: 4400,
    retry: 'never',
    meaning: 'The answer does not fit what was asked; the text names the field.',
  },
  paused: {
    status: 409,
    close: 4409,
    retry: 'later',
    meaning: 'The run is paused, or a person holds the floor; write again when it is resumed.',
  },
  floor_taken: {
    status: 409,
    close: 4409,
    retry: 'never',
    meaning: 'Another person holds the floor; the text names them.',
  },
  floor_not_held: { status: 409, close: 4409, retry: 'never', meaning: 'The caller does not hold the floor.' },
  version_conflict: {
    status: 409,
    close: 4409,
    retry: 'never',
    meaning: 'The document has another version by now; read it and try again.',
  },
  patch_failed: {
    status: 409,
    close: 4409,
    retry: 'never',
    meaning: 'An operation of the patch does not fit the document; the text names it.',
  },
  compacted: {
    status: 410,
    close: 4410,
    retry: 'never',
    meaning: 'That far back, not every event is there any more; the detail names the seq from which on they are.',
  },
  budget_exhausted: {
    status: 402,
    close: 4402,
    retry: 'never',
    meaning: 'The budget is used up; raise it, or wait for another one.',
  },
  limit_exceeded: {
    status: 413,
    close: 4413,
    retry: 'never',
    meaning: 'Larger or more than a limit allows; the text names the limit.',
  },
  frame_too_large: { status: 413, close: 1009, retry: 'never', meaning: 'A frame or body is over the byte limit.' },
  too_many_requests: {
    status: 429,
    close: 4429,
    retry: 'later',
    meaning: 'Too much at once from this caller; slow down.',
  },
  too_many_connections: {
    status: 503,
    close: 1013,
    retry: 'later',
    meaning: 'The server holds all the connections it accepts.',
  },
  hello_timeout: { status: 408, close: 4408, retry: 'reconnect', meaning: 'The connection did not say hello in time.' },
  idle_timeout: {
    status: 408,
    close: 4408,
    retry: 'reconnect',
    meaning: 'The peer was silent past the heartbeat limit.',
  },
  slow_consumer: {
    status: 503,
    close: 1013,
    retry: 'reconnect',
    meaning: 'The reader took nothing for too long; reconnect and resume after the last seq.',
  },
  unsupported_version: {
    status: 426,
    close: 4426,
    retry: 'never',
    meaning: 'Client and server speak no common protocol version.',
  },
  draining: { status: 503, close: 1012, retry: 'reconnect', meaning: 'The server is shutting down; reconnect.' },
  store_full: {
    status: 507,
    close: 1013,
    retry: 'later',
    meaning: 'The disk is full; nothing acknowledged is lost, and writing resumes when space returns.',
  },
  store_unavailable: { status: 503, close: 1013, retry: 'later', meaning: 'The store does not answer now.' },
  unknown_outcome: {
    status: 503,
    close: 1013,
    retry: 'later',
    meaning: 'The write may or may not have happened; retry with the same id to find out.',
  },
  store_version: {
    status: 500,
    close: 1011,
    retry: 'never',
    meaning: 'The data directory was written by another format version.',
  },
  store_locked: { status: 500, close: 1011, retry: 'never', meaning: 'Another server holds the data directory.' },
  store_corrupt: {
    status: 500,
    close: 1011,
    retry: 'never',
    meaning: 'Stored data failed a check; the text says where.',
  },
  closed: { status: 503, close: 1001, retry: 'reconnect', meaning: 'This end was closed on purpose.' },
  connection_lost: {
    status: 503,
    close: 1006,
    retry: 'reconnect',
    meaning: 'The connection ended before an answer came.',
  },
  upstream_failed: {
    status: 502,
    close: 1011,
    retry: 'never',
    meaning: 'What an agent was reading from failed, broke off, or sent what its protocol does not allow.',
  },
  internal: {
    status: 500,
    close: 1011,
    retry: 'later',
    meaning: 'A defect in Headrace; the log of the server has more.',
  },
}

/** An error as it travels on the wire. */
export interface WireError {
  readonly code: ErrorCode
  /** One or more sentences for a person: the thing, the limit and what to do. Never a secret. */
  readonly message: string
  readonly retry: RetryAdvice
  /** Facts for a program, by code; `out_of_order` has `expected`, limits have `limit` and `actual`. */
  readonly detail?: JsonObject
}

/** The only error class that the public API throws or rejects with. */
export class HeadraceError extends Error {
  override readonly name = 'HeadraceError'
  readonly code: ErrorCode
  readonly retry: RetryAdvice
  readonly detail: JsonObject | undefined

  /**
   * @param code - a code of {@link errorTable}
   * @param message - what happened and what to do about it
   * @param options - `retry`: other advice than the table's, for codes that only the other end knows
   */
  constructor(
    code: ErrorCode,
    message: string,
    options: { readonly detail?: JsonObject; readonly cause?: unknown; readonly retry?: RetryAdvice } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retry = options.retry ?? errorTable[code].retry
    this.detail = options.detail
  }

  /** The HTTP status for this error. */
  get status(): number {
    return errorTable[this.code].status
  }

  /** The WebSocket close code for this error. */
  get closeCode(): number {
    return errorTable[this.code].close
  }

  /** The form that travels on the wire: no stack, no cause. */
  toWire(): WireError {
    const wire = { code: this.code, message: this.message, retry: this.retry }
    return this.detail === undefined ? wire : { ...wire, detail: this.detail }
  }

  static fromWire(wire: WireError): HeadraceError {
    const known = Object.hasOwn(errorTable, wire.code)
    const options = wire.detail === undefined ? {} : { detail: wire.detail }
    if (known) return new HeadraceError(wire.code, wire.message, options)
    // A newer server may know codes that this client does not; its advice still holds.
    const { retry } = wire
    return new HeadraceError('internal', `${String(wire.code)}: ${wire.message}`, { ...options, retry })
  }

  /** The one place where a foreign throw becomes an error of ours. */
  static from(thrown: unknown): HeadraceError {
    if (thrown instanceof HeadraceError) return thrown
    const text = thrown instanceof Error ? thrown.message : String(thrown)
    return new HeadraceError('internal', text, { cause: thrown })
  }
}
