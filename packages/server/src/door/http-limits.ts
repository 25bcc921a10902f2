/** Bounds of the HTTP door. Times are milliseconds. */
export interface HttpLimits {
  /** Most bytes of a request body. */
  readonly bodyBytes: number
  /** Most bytes of one blob. */
  readonly blobBytes: number
  /** Most bytes that one append brings to a stream. */
  readonly streamBytes: number
  /** Most bytes of such bodies that are in memory at the same time. */
  readonly streamBytesAtOnce: number
  /** Longest life of an event stream of a stream: then the reader comes back, so that caches between can join readers. */
  readonly streamSseMs: number
  /** Most requests that wait or stream (`live`, claims) at the same time. */
  readonly waiting: number
  /** Most of them of one identity. */
  readonly waitingPerActor: number
  /** Longest wait that a caller may ask for. */
  readonly waitMs: number
  /** Characters after which a page of events or messages ends. */
  readonly pageChars: number
  /** Time between comments on an event stream, so that proxies see life. */
  readonly heartbeatMs: number
  /** A reader of an event stream that takes nothing for so long is cut off; it can resume. */
  readonly stallMs: number
  /** Longest life of a token from `POST /v1/tokens`, in seconds. */
  readonly tokenTtlSeconds: number
}

export const defaultHttpLimits: HttpLimits = {
  bodyBytes: 1_048_576,
  blobBytes: 33_554_432,
  streamBytes: 4_194_304,
  streamBytesAtOnce: 134_217_728,
  streamSseMs: 60_000,
  waiting: 10_000,
  waitingPerActor: 256,
  waitMs: 60_000,
  pageChars: 1_048_576,
  heartbeatMs: 15_000,
  stallMs: 30_000,
  tokenTtlSeconds: 2_592_000,
}

/** How long `live=long-poll` and claims wait when the caller does not say. */
export const defaultWaitMs = 25_000
