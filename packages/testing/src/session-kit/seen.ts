/** What a screen shows of a session, in words that every server of this kind has. An adapter translates into them. */
export interface SeenState {
  /** Place of the last entry of the session's log that is in it; grows. */
  readonly position: number
  /** In the order they were begun. */
  readonly messages: readonly SeenMessage[]
  readonly runs: readonly SeenRun[]
  readonly requests: readonly SeenRequest[]
  /** Who has the session open. */
  readonly people: readonly string[]
  /** The person who drives, while agents hold still. */
  readonly driver?: string
}

export interface SeenMessage {
  readonly id: string
  readonly role: 'user' | 'assistant'
  /** Id of the author: `ada`, or the name of an agent. */
  readonly author: string
  /** What its author is called, if that is known. */
  readonly name?: string
  readonly text: string
  readonly tools: readonly SeenToolCall[]
  /** `stopped`: it was cut off before it was complete, and is marked so. */
  readonly status: 'open' | 'complete' | 'stopped'
  /** The run that wrote it. */
  readonly run?: string
  /** The message it follows or answers. */
  readonly parent?: string
  /** The message that it is a new version of. */
  readonly edits?: string
}

export interface SeenToolCall {
  readonly id: string
  readonly name: string
  /** Whether its result, or why there is none, is there. */
  readonly isOver: boolean
}

/** `waiting`: for an agent, also again after one was lost. */
export type SeenRunStatus = 'waiting' | 'working' | 'suspended' | 'over'

export interface SeenRun {
  readonly id: string
  readonly agent: string
  /** The message it answers. */
  readonly input: string
  readonly status: SeenRunStatus
  /** How it ended. `lost`: its agent went silent for good. */
  readonly end?: 'complete' | 'stopped' | 'failed' | 'lost' | 'budget'
  /** How many times an agent took it. */
  readonly attempt: number
  readonly isHeld: boolean
  /** Whether somebody asked to stop it and its agent has not yet. */
  readonly isStopping: boolean
  readonly stoppedBy?: string
  readonly steers: readonly SeenSteer[]
}

/** What became of something that was said to an agent at work. `missed`: the run ended without it. */
export interface SeenSteer {
  readonly message: string
  readonly status: 'pending' | 'taken' | 'missed'
  /** The run that answers it in place of the one that missed it. */
  readonly next?: string
}

export interface SeenRequest {
  readonly id: string
  readonly run: string
  readonly title: string
  readonly status: 'open' | 'claimed' | 'answered' | 'expired' | 'withdrawn'
  /** Who answered, and what. */
  readonly by?: string
  readonly answer?: SeenAnswer
}

export type SeenAnswer =
  | { readonly kind: 'decision'; readonly approved: boolean }
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'output'; readonly output: unknown }
  | { readonly kind: 'error'; readonly error: string }

/** One entry of a session's log as a reader got it. Readers with the same rights get the same text for the same entry. */
export interface SeenEntry {
  readonly position: number
  readonly text: string
}
