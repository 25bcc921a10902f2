import type { ProducerMark, StreamLife, StreamOrigin, StreamSegment } from './events.ts'

/** What a stream is after some event of its log: all that its rules need, and nothing of its content. */
export interface StreamState extends StreamLife {
  /** Seq of the last event; 0 where there is no stream. */
  readonly seq: number
  /** Time of the last event, in milliseconds since 1970. */
  readonly at: number
  /** Empty where there is no stream. */
  readonly id: string
  readonly contentType: string
  readonly createdAt: number
  /** When it was last written or, as far as the log says, read. */
  readonly usedAt: number
  /** Seq of the last event with content: where a reader stands who has all of it. */
  readonly tail: number
  readonly closed: boolean
  /** Who closed it, so that a retry of that is known as one. */
  readonly closedBy?: ProducerMark
  readonly streamSeq?: string
  /** In the order in which they last appended. */
  readonly producers: readonly (ProducerMark & { readonly at: number })[]
  readonly origin?: StreamOrigin
  readonly inherited: readonly StreamSegment[]
  readonly forks: readonly { readonly id: string; readonly path: string; readonly at: number }[]
  /** Kept for its forks only. */
  readonly deleted: boolean
}

export const noStream: StreamState = {
  seq: 0,
  at: 0,
  id: '',
  contentType: '',
  createdAt: 0,
  usedAt: 0,
  tail: 0,
  closed: false,
  producers: [],
  inherited: [],
  forks: [],
  deleted: false,
}
