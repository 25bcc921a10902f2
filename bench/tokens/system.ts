import type { Child } from '../lib/child.ts'

/** How much is asked of a system. */
export interface Load {
  readonly sessions: number
  /** Readers of each session. */
  readonly subscribers: number
  /** Events per second and session; without meaning when `outstanding` is above 0. */
  readonly rate: number
  /** Above 0: so many events of each session are under way at any time, as fast as they come back. */
  readonly outstanding: number
  /** Encoded size that an event as a reader gets it should have. */
  readonly eventBytes: number
  /** How many sessions share one reading connection, where the protocol allows it. */
  readonly sessionsPerConnection: number
}

/** A system that runs and can be loaded. */
export interface Running extends AsyncDisposable {
  /** How the load process finds it; only its own `open` reads this. */
  readonly address: string
  /** Its processes: their descendants count too. */
  readonly pids: readonly number[]
}

/** A system that is one process. */
export function runningAt(address: string, child: Child): Running {
  return { address, pids: [child.pid], [Symbol.asyncDispose]: () => child[Symbol.asyncDispose]() }
}

/** A connection on which one subscriber of each of some sessions reads. */
export interface Reading {
  readonly subscriber: number
  readonly sessions: readonly number[]
}

/** The reading connections that a load takes where sessions can share them. */
export function readingsOf({ sessions, subscribers, sessionsPerConnection }: Load): readonly Reading[] {
  const all = Array.from({ length: sessions }, (_, session) => session)
  return Array.from({ length: subscribers }, (_, subscriber) => subscriber).flatMap((subscriber) =>
    Array.from({ length: Math.ceil(sessions / sessionsPerConnection) }, (_, index) => {
      const first = index * sessionsPerConnection
      return { subscriber, sessions: all.slice(first, first + sessionsPerConnection) }
    }),
  )
}

/** The connections of the load process to a system. */
export interface Driver {
  /** Connections to the system: for writing, for reading. */
  readonly connections: { readonly writing: number; readonly reading: number }
  /** Takes one event of a session and sends it as soon as the protocol allows. */
  publish(session: number, text: string): void
  close(): void
}

/**
 * What a reader has seen is kept from the moment it is seen, only from some moment later, or not at all. Only systems that
 * promise the same can be compared by their times alone.
 */
export type Kept =
  | 'on disk, then shown'
  | 'shown, on disk within a second'
  | 'shown, on disk within minutes'
  | 'in memory'
  | 'not kept'

/** A system under test, in its own words. */
export interface System {
  readonly name: string
  readonly kept: Kept
  /** What is true when it says that an event is accepted, and whether readers may see it earlier. */
  readonly promise: string
  /** How it is used here. */
  readonly use: string
  /** Why it can't be tested on this machine. */
  missing?(): string | undefined
  start(directory: string): Promise<Running>
  /** @param reader - makes the function that takes what a connection of a subscriber receives */
  open(address: string, load: Load, reader: (subscriber: number) => (text: string) => void): Promise<Driver>
}
