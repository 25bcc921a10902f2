/** Bounds of a stream. */
export interface StreamLimits {
  /** Producers that a stream remembers: the one that appended longest ago is forgotten first. */
  readonly producers: number
  /** Most forks of one stream at the same time. */
  readonly forks: number
  /** Most streams that a fork inherits from, one through the other. */
  readonly depth: number
  /** Most characters of `Producer-Id` and `Stream-Seq`. */
  readonly markChars: number
}

/** These are part of the fold, so they are constants of the format and not options. */
export const streamLimits: StreamLimits = { producers: 1_000, forks: 1_000, depth: 32, markChars: 256 }
