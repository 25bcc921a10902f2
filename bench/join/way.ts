import type { Shape } from './transcript.ts'
import type { System } from '../tokens/system.ts'

/** What a joiner had at the end. */
export interface Joined {
  /** Bytes that came, without HTTP heads and WebSocket framing. */
  readonly bytes: number
  /** Messages that it can show. */
  readonly messages: number
  /** The text of the last answer, for checking. */
  readonly lastText: string
}

/** One way to have a session's messages: connects, reads, folds, disconnects. */
export interface Way {
  readonly name: string
  join(address: string, shape: Shape): Promise<Joined>
}

/** A system whose sessions are joined. */
export interface Joinable {
  readonly system: System
  /** Writes the session of a shape. */
  fill(address: string, shape: Shape): Promise<void>
  /** The first one is what a joiner of this system would do. */
  readonly ways: readonly Way[]
}

/** Where a shape's session lives. */
export function nameOf(shape: Shape): string {
  return shape.name.replaceAll(' ', '-')
}
