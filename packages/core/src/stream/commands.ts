import type { HeadraceError } from '../errors.ts'
import type { StreamContent } from './content.ts'
import type { ProducerMark, StreamLife, StreamOrigin, StreamSegment } from './events.ts'

/** Makes a stream, or confirms one that is just so. */
export interface CreateStream extends StreamLife {
  readonly type: 'create'
  /** For the stream, if it is made; empty where one that is there is only to be confirmed. */
  readonly id: string
  readonly contentType: string
  readonly closed: boolean
  readonly content?: StreamContent
  readonly fork?: {
    readonly origin: StreamOrigin
    readonly inherited: readonly StreamSegment[]
    /** What the fork takes of the event after its place in the source. */
    readonly beginning?: StreamContent
  }
}

export interface AppendToStream {
  readonly type: 'append'
  readonly contentType: string
  /** Left out where the body is nothing of its content type. */
  readonly content?: StreamContent
  readonly streamSeq?: string
  readonly producer?: ProducerMark
  readonly close: boolean
}

export interface CloseStream {
  readonly type: 'close'
  readonly producer?: ProducerMark
}

/** What is done to a stream. */
export type StreamCommand =
  | CreateStream
  | AppendToStream
  | CloseStream
  /** Somebody read it. */
  | { readonly type: 'use' }
  | { readonly type: 'fork'; readonly id: string; readonly path: string }
  | { readonly type: 'end-fork'; readonly id: string }
  /** It has forks, or may have; one without is removed with its log. */
  | { readonly type: 'delete' }
  /** Its time seems to be up: it is deleted, unless it was used meanwhile. */
  | { readonly type: 'expire' }

/** Where a stream stands after a command. */
export interface StreamAnswer {
  readonly id: string
  readonly contentType: string
  readonly tail: number
  readonly closed: boolean
  /** The stream was made by this command. */
  readonly created?: true
  /** The highest append of this producer that was taken. */
  readonly producer?: { readonly epoch: number; readonly seq: number }
  /** The append had been taken before. */
  readonly repeated?: true
}

/** What becomes of a command. */
export type StreamDecision<Event, State, Answer> =
  | {
      readonly outcome: 'accepted'
      readonly events: readonly Event[]
      readonly state: State
      readonly answer: Answer
    }
  /** Nothing is to be written. */
  | { readonly outcome: 'noop'; readonly answer: Answer }
  | { readonly outcome: 'refused'; readonly error: HeadraceError }
