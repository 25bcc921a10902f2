/** What is simulated of streams: a server, as whoever asks for a simulation gives it. */
import type {
  Ack,
  HeadraceError,
  ProducerMark,
  Store,
  StreamAnswer,
  SubscriptionConfig,
  SubscriptionState,
} from '@headrace/core'
import type { HostClock } from '../host.ts'

/** What a simulated server is given. */
export interface StreamSurroundings {
  readonly node: string
  readonly store: Store
  readonly clock: HostClock
  readonly random: () => number
  readonly onError: (error: HeadraceError) => void
  /** Calls a webhook; `undefined` where no answer came. */
  readonly call: (url: string, body: string) => Promise<WebhookAnswer | undefined>
}

export interface WebhookAnswer {
  readonly status: number
  readonly body: string
}

/** What one append brought, and where. */
export interface Piece {
  readonly seq: number
  readonly text: string
}

export interface ReadStream {
  readonly id: string
  readonly tail: number
  readonly closed: boolean
  readonly pieces: readonly Piece[]
}

/** A stream of a subscription as workers are told of it. */
export interface GivenStream {
  readonly path: string
  readonly acked_offset: string
  readonly tail_offset: string
}

/** What a worker holds. */
export interface HeldWake {
  readonly wake: string
  readonly generation: number
  readonly token: string
  readonly streams: readonly GivenStream[]
}

/** A server as the simulation drives it. Everything rejects with a `HeadraceError` where it is refused. */
export interface StreamServer {
  create(path: string, request: { readonly text: string; readonly fork?: string }): Promise<StreamAnswer>
  append(
    path: string,
    request: { readonly text: string; readonly producer?: ProducerMark; readonly close: boolean },
  ): Promise<StreamAnswer>
  remove(path: string): Promise<void>
  read(path: string, after: number): Promise<ReadStream>
  subscribe(name: string, config: SubscriptionConfig): Promise<void>
  link(name: string, path: string): Promise<void>
  unlink(name: string, path: string): Promise<void>
  state(name: string): Promise<SubscriptionState>
  claim(name: string, worker: string): Promise<HeldWake>
  acknowledge(
    name: string,
    held: HeldWake,
    what: { readonly acks: readonly Ack[]; readonly done: boolean },
  ): Promise<void>
  /** Gives back what was claimed, or what a webhook was called for. */
  release(name: string, held: HeldWake): Promise<void>
  /** Shuts down in good order. */
  close(): Promise<void>
}

/** Servers under test. */
export interface StreamSubject {
  readonly createStore: () => Store
  readonly startServer: (around: StreamSurroundings) => StreamServer
}
