/** What a worker may claim in a session, and claiming it. */
import { HeadraceError, claimable, type ActiveRun, type AgentName, type RunId, type SessionView } from '@headrace/core'
import type { Assignment } from '../hub-types.ts'
import type { Room } from '../room.ts'
import { heldView } from './run-signals.ts'
import type { Slot } from './worker-slot.ts'

export type NextClaim =
  | { readonly when: 'now'; readonly run: RunId }
  /** The agent could not be reached and is called again at that moment. */
  | { readonly when: 'later'; readonly retryAt: number }

/**
 * The first run that can be claimed for an agent; `undefined` when none waits.
 *
 * @param now - as the session has it: a clock that is set back makes nobody wait for longer
 */
export function nextClaim(view: SessionView, agent: AgentName, now: number): NextClaim | undefined {
  const waiting = view.runs.filter((candidate) => candidate.agent === agent && claimable(view, candidate))
  const run = waiting.find(({ undelivered }) => (undelivered?.retryAt ?? 0) <= now)
  if (run) return { when: 'now', run: run.id }
  const retryAt = Math.min(...waiting.map(({ undelivered }) => undelivered?.retryAt ?? Infinity))
  return retryAt < Infinity ? { when: 'later', retryAt } : undefined
}

/** Claims a run for a worker; `undefined` when somebody else was first. */
export async function claimRun(room: Room, slot: Slot, run: RunId): Promise<Assignment | undefined> {
  const { worker, grant, leaseMs } = slot
  const body = { type: 'claim' as const, run, worker, ...(leaseMs !== undefined && { leaseMs }) }
  const outcome = await room.submit({ grant, body })
  if (outcome.outcome === 'refused') {
    if (outcome.error.code === 'not_claimable' || outcome.error.code === 'run_ended') return undefined
    throw HeadraceError.fromWire(outcome.error)
  }
  const { view } = room.state
  const held = view.runs.find((candidate) => candidate.id === run)
  return held?.status === 'active' && held.worker === worker ? assignmentOf(view, held) : undefined
}

export function assignmentOf(view: SessionView, { id, attempt, agent, leaseMs }: ActiveRun): Assignment {
  return { session: view.id, run: id, attempt, agent, leaseMs, view: heldView(view, id) }
}
