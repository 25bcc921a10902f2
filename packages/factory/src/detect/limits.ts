/** Where a detector draws its lines: parameters of the lane. */
export interface DetectorLimits {
  /** A step whose score is this or more is flagged. Default 0.5. */
  readonly cut: number
  /** How many steps are remembered for comparison. Default 24. */
  readonly window: number
  /** From this similarity of their arguments on (0 to 1) two calls are nearly the same. Default 0.9. */
  readonly similar: number
  /** So many steps of one kind in a row (failures, words alone, nothing new, a plan that stands) are told of. Default 5. */
  readonly streak: number
  /** Tokens that may go while neither difference nor failing tests change. Default 60,000. */
  readonly tokens: number
  /** So often in a row the same is waited for, with the same answer, before it is no waiting any more. Default 60. */
  readonly waits: number
  /** Whether a path is within the mandate. Without it every path is. */
  readonly allows?: (path: string) => boolean
}

export const defaultLimits: DetectorLimits = {
  cut: 0.5,
  window: 24,
  similar: 0.9,
  streak: 5,
  tokens: 60_000,
  waits: 60,
}
