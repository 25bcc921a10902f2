/**
 * Runs on their way to the worker that the log says holds them. One that never reached it, because a connection or a server
 * broke between the claim and the worker, is given again when the worker comes back without naming it (R2b).
 */
import { HeadraceError, splitKey, type ActiveRun, type SessionKey } from '@headrace/core'
import type { Assignment } from '../hub-types.ts'
import type { Room } from '../room.ts'
import { assignmentOf } from './claims.ts'
import type { Pool, Pools } from './pools.ts'
import type { Retries } from './retries.ts'
import { heldId, holds, type Slot } from './worker-slot.ts'

export interface HandoversOptions {
  readonly pools: Pools
  readonly room: (key: SessionKey) => Promise<Room>
  readonly retries: Retries
  /** A worker that was kept free for a run may have room again. */
  readonly freed: (pool: Pool) => void
}

export class Handovers {
  readonly #options: HandoversOptions

  constructor(options: HandoversOptions) {
    this.#options = options
  }

  /** Gives a worker what was claimed for it. */
  give(pool: Pool, slot: Slot, assignment: Assignment): void {
    const { session, run, attempt } = assignment
    const key: SessionKey = `${pool.tenant}!${session}`
    // A worker that went away while its claim was decided may have come back by now.
    if (!pool.slots.has(slot)) {
      const { room, retries } = this.#options
      void room(key).then(
        (opened) => this.giveAgain(opened),
        (thrown: unknown) => retries.report(HeadraceError.from(thrown)),
      )
      return
    }
    const held = { session, run, attempt }
    slot.held.set(heldId(key, run), held)
    slot.assign(assignment)
    // The rest of what it should know is in the view that it was given.
    const now = assignment.view.runs.find((candidate) => candidate.id === run)
    if (now?.status === 'active' && now.cancel) slot.signal(held, { signal: 'cancel' })
  }

  /** What workers hold by the log and have never heard of. What has been written of a run was written by somebody who had. */
  giveAgain(room: Room): void {
    const { view, guard } = room.state
    const { tenant } = splitKey(room.key)
    for (const run of view.runs) {
      if (run.status !== 'active' || guard.holds[run.id]?.n !== 0) continue
      const pool = this.#options.pools.find(tenant, run.agent)
      const slot = pool && [...pool.slots].find((each) => each.worker === run.worker && each.namesHeld)
      if (!slot || slot.isStarting || slot.held.has(heldId(room.key, run.id))) continue
      void this.#giveAgain(pool, slot, room, run)
    }
  }

  async #giveAgain(pool: Pool, slot: Slot, room: Room, run: ActiveRun): Promise<void> {
    const held = { session: room.state.view.id, run: run.id, attempt: run.attempt }
    const id = heldId(room.key, run.id)
    slot.held.set(id, held)
    // Its lease may be nearly over, or more than that.
    const body = { type: 'heartbeat' as const, run: run.id, attempt: run.attempt }
    const outcome = await room.submit({ grant: slot.grant, body })
    const now = room.state.view.runs.find((candidate) => candidate.id === run.id)
    if (outcome.outcome !== 'refused' && now?.status === 'active' && holds(slot, room.state.view, held))
      return this.give(pool, slot, assignmentOf(room.state.view, now))
    if (outcome.outcome === 'refused' && outcome.error.retry === 'later')
      return this.#options.retries.later(HeadraceError.fromWire(outcome.error), () => {
        // It keeps its place until then, unless its attempt or its worker is gone.
        if (slot.held.get(id) === held && pool.slots.has(slot)) void this.#giveAgain(pool, slot, room, run)
      })
    slot.held.delete(id)
    this.#options.freed(pool)
  }
}
