/** What time does by itself: leases lapse, cancelled runs end, requests expire, budgets of time run out. */
import type { SessionState } from '../state.ts'
import type { ActiveRun } from '../view.ts'
import { budgetDue, enforceBudgets } from './budget.ts'
import { cancelRun } from './cancel.ts'
import { endRun } from './end-run.ts'
import { requestDue, tickRequests } from './requests.ts'
import type { Draft } from './draft.ts'

/** When `tick` has something to do next, in milliseconds since 1970; `null` when nothing waits for time. */
export function nextDue(state: SessionState): number | null {
  let due = Math.min(budgetDue(state), unwatchedDue(state))
  for (const hold of Object.values(state.guard.holds)) due = Math.min(due, hold.until, hold.graceUntil ?? Infinity)
  for (const request of state.view.requests) due = Math.min(due, requestDue(request))
  return due === Infinity ? null : due
}

export function tick(draft: Draft): void {
  const held = Object.keys(draft.state.guard.holds)
  for (const run of draft.view.runs) if (run.status === 'active') tickRun(draft, run)
  tickRequests(draft)
  // Also of those that have just lapsed: the time of the lost attempt counts.
  for (const id of held) enforceBudgets(draft, id)
  tickUnwatched(draft)
}

function tickRun(draft: Draft, run: ActiveRun): void {
  const hold = draft.state.guard.holds[run.id]
  if (!hold) return
  const { attempt } = run
  const lapsed = hold.until <= draft.now
  const lost = (run.lapses ?? 0) + 1
  if (run.cancel && (lapsed || (hold.graceUntil ?? hold.until) <= draft.now)) {
    const detail = 'The agent did not stop in time, so the run was ended without it.'
    endRun(draft, run, { reason: 'cancelled', detail })
  } else if (lapsed && lost >= run.maxAttempts) {
    endRun(draft, run, { reason: 'lost', detail: `The agent went silent in attempt ${lost} of ${run.maxAttempts}.` })
  } else if (lapsed) {
    draft.emit('run.lapsed', { attempt }, { run: run.id })
  }
}

/** C4: what happens to runs when nobody has had the session open for a time, if the session says so. */
function tickUnwatched(draft: Draft): void {
  const { unwatched } = draft.view
  if (!unwatched || unwatchedDue(draft.state) > draft.now) return
  for (const run of draft.view.runs) {
    if (unwatched.action === 'cancel') cancelRun(draft, run)
    else if (run.status !== 'ended' && !run.paused) draft.emit('run.paused', {}, { run: run.id })
  }
}

function unwatchedDue({ view, guard }: SessionState): number {
  const { unwatched } = view
  if (!unwatched || guard.unwatchedSince === undefined) return Infinity
  const isLeft = view.runs.some((run) => {
    if (run.status === 'ended') return false
    return unwatched.action === 'pause' ? !run.paused : !(run.status === 'active' && run.cancel)
  })
  return isLeft ? guard.unwatchedSince + unwatched.afterMs : Infinity
}
