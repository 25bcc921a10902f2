/** What time does by itself: leases lapse, and a cancelled run ends even if its agent never stops. */
import type { SessionState } from '../state.ts'
import type { Draft } from './draft.ts'

/** When `tick` has something to do next, in milliseconds since 1970; `null` when nothing waits for time. */
export function nextDue(state: SessionState): number | null {
  let due: number | null = null
  for (const hold of Object.values(state.guard.holds)) {
    const at = Math.min(hold.until, hold.graceUntil ?? hold.until)
    due = due === null ? at : Math.min(due, at)
  }
  return due
}

export function tick(draft: Draft): void {
  for (const run of draft.view.runs) {
    const hold = draft.state.guard.holds[run.id]
    if (run.status !== 'active' || !hold) continue
    const origin = { run: run.id }
    const { attempt } = run
    const lapsed = hold.until <= draft.now
    if (run.cancel && (lapsed || (hold.graceUntil ?? hold.until) <= draft.now)) {
      draft.emit(
        'run.ended',
        { reason: 'cancelled', attempt, detail: 'The agent did not stop in time, so the run was ended without it.' },
        origin,
      )
    } else if (lapsed && attempt >= run.maxAttempts) {
      draft.emit(
        'run.ended',
        { reason: 'lost', attempt, detail: `The agent went silent in attempt ${attempt} of ${run.maxAttempts}.` },
        origin,
      )
    } else if (lapsed) {
      draft.emit('run.lapsed', { attempt }, origin)
    }
  }
}
