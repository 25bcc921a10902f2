/**
 * What clients wrote down while things broke. Nothing of it comes from a server's own records: a server that lies about
 * itself is judged all the same.
 *
 * A *mark* is a word like `kill/3/ada#17` that whoever writes puts into what it writes, once in the whole campaign: by it
 * a write is found again in a log, in what a reader was given and in what an agent was told.
 */

/** One write, or one command to a run, as its sender knows it. */
export interface Write {
  readonly session: string
  /** Who sent it: of one sender, what was sent later stands later. */
  readonly by: string
  readonly mark: string
  /** Where it must show: in the log, at an agent that is told, or both. */
  readonly shows: 'log' | 'agent' | 'both'
  /** `unknown`: no answer came, so it may be there or not. */
  outcome: 'acked' | 'refused' | 'unknown'
  /** The seq that the answer named, where the mark stands at that seq. */
  seq?: number
  /** Why it was refused. */
  code?: string
}

/** An event as somebody was given it. */
export interface Seen {
  readonly seq: number
  /** Checksum of the event's JSON: equal events have equal ones. */
  readonly print: number
}

/** All that one reader was given of one session, in the order it came, over all of its connections. */
export interface ReaderJournal {
  readonly reader: string
  readonly session: string
  readonly seen: Seen[]
  /** It followed at least to there, so all events up to this seq must have reached it. */
  upTo?: number
}

export interface Logged extends Seen {
  readonly at: number
  /** The marks in it, in order. */
  readonly marks: readonly string[]
}

/** A session as a fresh reader finds it afterwards, from its first event on. */
export type LogCopy =
  | { readonly session: string; readonly events: readonly Logged[] }
  /** The server said that it can't be read: a loss that is signalled. */
  | { readonly session: string; readonly refused: string }

/** What one agent was told, in order. */
export interface AgentJournal {
  readonly agent: string
  readonly session: string
  readonly told: string[]
}

export interface Fault {
  readonly kind: string
  /** From the fault until a write was acknowledged and an event delivered again; absent where nothing was to recover. */
  readonly recoveryMs?: number
}

export interface Journals {
  readonly faults: readonly Fault[]
  readonly writes: readonly Write[]
  readonly readers: readonly ReaderJournal[]
  readonly logs: readonly LogCopy[]
  readonly agents: readonly AgentJournal[]
  /** What never happened although it was waited for, in words. */
  readonly stuck: readonly string[]
  /** Runs that were taken from an agent which had begun and lived. */
  readonly takenRuns: readonly string[]
}

export const emptyJournals: Journals = {
  faults: [],
  writes: [],
  readers: [],
  logs: [],
  agents: [],
  stuck: [],
  takenRuns: [],
}
