/**
 * Why a run must stop.
 *
 * - `cancel`: somebody asked for it. What the handler still writes is kept, for a few seconds.
 * - `lost`: the run is no longer this worker's, or a budget has ended it. Nothing is written any more.
 * - `suspended`: the handler has let go of it.
 * - `closed`: this worker is closing and its time is up. The run goes to another worker when the lease lapses.
 */
export type StopReason = 'cancel' | 'lost' | 'suspended' | 'closed'

const texts: Readonly<Record<StopReason, string>> = {
  cancel: 'Somebody asked to stop the run.',
  lost: "The run is no longer this worker's.",
  suspended: 'The run was let go until what it waits for has happened.',
  closed: 'The worker is closing.',
}

/**
 * The reason of `run.signal`, and what a stopped `pipe` rejects with. Its name is `AbortError`, because that is how model
 * SDKs and `fetch` tell a stop from a failure.
 */
export class RunStopped extends Error {
  override readonly name = 'AbortError'
  readonly reason: StopReason

  constructor(reason: StopReason) {
    super(texts[reason])
    this.reason = reason
  }
}
