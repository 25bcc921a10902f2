import type { StreamContent } from './content.ts'

/** Who appends, so that a retry is known as one: the epoch tells a new life of a producer, the seq its appends apart. */
export interface ProducerMark {
  readonly id: string
  readonly epoch: number
  readonly seq: number
}

/** A part of a fork that another stream holds. */
export interface StreamSegment {
  readonly path: string
  /** The id of that stream: another one may have its path by now. */
  readonly id: string
  /** Seq of the last event that belongs to the fork. */
  readonly last: number
}

/** What a stream was forked from. */
export interface StreamOrigin {
  readonly path: string
  readonly id: string
  /** Seq in the source at which the fork begins: the fork's own events go on from there. */
  readonly seq: number
  /** As it was asked for, so that the same request is known as a repeat. */
  readonly asked: { readonly offset?: string; readonly sub: number }
}

/** How long a stream lives: for so long after it was last used, until a moment, or for ever. */
export interface StreamLife {
  readonly ttlSeconds?: number
  /** RFC 3339, as it was given. */
  readonly expiresAt?: string
}

export interface StreamEventData {
  'stream.created': StreamLife & {
    /** Tells this stream from others that had its path before or will have it after. */
    readonly id: string
    readonly contentType: string
    readonly origin?: StreamOrigin
    /** The streams that hold what it inherited, oldest first. */
    readonly inherited?: readonly StreamSegment[]
  }
  'stream.appended': {
    readonly content: StreamContent
    readonly streamSeq?: string
    readonly producer?: ProducerMark
    /** It was the last one. */
    readonly closes?: true
  }
  'stream.closed': { readonly producer?: ProducerMark }
  /** Somebody read it, which keeps a stream with a TTL alive. */
  'stream.used': object
  'stream.forked': { readonly id: string; readonly path: string }
  'stream.fork-ended': { readonly id: string }
  /** Gone for everybody but its forks. */
  'stream.deleted': object
}

export type StreamEventType = keyof StreamEventData

export type StreamEvent = {
  [T in StreamEventType]: {
    readonly seq: number
    /** Milliseconds since 1970. */
    readonly at: number
    readonly type: T
    readonly data: StreamEventData[T]
  }
}[StreamEventType]
