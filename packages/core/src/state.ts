import type { Actor, MessageId, RunId } from './ids.ts'
import { nothingSpent, type Spent } from './usage.ts'
import { emptyView, type SessionView } from './view.ts'

/** What the server knows of an active run beside what readers see. Times are milliseconds since 1970. */
export interface Hold {
  readonly attempt: number
  readonly leaseMs: number
  /** The lease lapses here unless the holder writes or says that it is alive. */
  readonly until: number
  /** Number of the last write batch of this attempt; 0 before the first. */
  readonly n: number
  /** When this attempt took the run. */
  readonly since: number
  /** A requested cancel ends the run here, whether or not the agent has stopped. */
  readonly graceUntil?: number
}

/** What `decide` needs and no reader sees. */
export interface Guard {
  /** The newest accepted commands, oldest first: `actor id` and the last seq that each caused. */
  readonly commands: readonly (readonly [key: string, seq: number])[]
  /** One entry for each active run. */
  readonly holds: Readonly<Record<RunId, Hold>>
  /** The batch by which an agent ended or suspended its run, for the newest such runs: sent again, it gets the first answer. */
  readonly ends: readonly (readonly [run: RunId, attempt: number, n: number])[]
  /** Messages of open runs that are no longer hot, so that nothing opens them a second time. Nearly always empty. */
  readonly cold: Readonly<Record<RunId, readonly MessageId[]>>
  /** What counts against budgets: of open runs, with what they started; of the session; of participants. */
  readonly spent: {
    readonly runs: Readonly<Record<RunId, Spent>>
    readonly session: Spent
    readonly participants: Readonly<Record<Actor, Spent>>
  }
  /** The highest percentage that each budget was warned of: by `scope measure`. */
  readonly warned: Readonly<Record<string, number>>
  /** What people who are away should be told, oldest first. */
  readonly notices: readonly Notice[]
  /** Redactions whose content is not yet out of the store: seq of each and what it named. */
  readonly erasing: readonly { readonly seq: number; readonly message: MessageId; readonly part?: string }[]
  /** Raw output that compaction may find: the time of the oldest, at the earliest, and the seq of the newest. */
  readonly raw?: { readonly since: number; readonly seq: number }
  /** Since when nobody has had the session open; absent while somebody has, or nobody ever had. */
  readonly unwatchedSince?: number
}

/** Something that a participant wants to know while they are away (P4). */
export interface Notice {
  readonly id: string
  readonly kind: 'done' | 'failed' | 'needs-you'
  readonly to: Actor
  /** The run or request it is about. */
  readonly ref: string
  readonly at: number
  /** The server that tells it, and until when the others leave it alone. */
  readonly taken?: { readonly node: string; readonly until: number }
}

/** All that a room knows of a session: the fold of its log. Plain JSON; stored as the snapshot. */
export interface SessionState {
  readonly view: SessionView
  readonly guard: Guard
}

export function emptyState(id: string): SessionState {
  return {
    view: emptyView(id),
    guard: {
      commands: [],
      holds: {},
      ends: [],
      cold: {},
      spent: { runs: {}, session: nothingSpent, participants: {} },
      warned: {},
      notices: [],
      erasing: [],
    },
  }
}
