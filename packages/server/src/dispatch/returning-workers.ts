import { HeadraceError, type HeldRun, type SessionKey } from '@headrace/core'
import type { Room } from '../room.ts'
import type { Pool } from './pools.ts'
import type { Retries } from './retries.ts'
import { missedSignals } from './run-signals.ts'
import { heldId, holds, type Slot } from './worker-slot.ts'

export interface ReturningWorkersOptions {
  readonly room: (key: SessionKey) => Promise<Room>
  readonly retries: Retries
  /** A worker that is believed may have room again. */
  readonly freed: (pool: Pool) => void
}

/** Workers that come back and name what they hold: they are told what they missed of it. */
export class ReturningWorkers {
  readonly #options: ReturningWorkersOptions

  constructor(options: ReturningWorkersOptions) {
    this.#options = options
  }

  /**
   * Where what a worker missed can't be looked up now the worker is believed, so that it hears of what happens from here
   * on, and what it missed is told later.
   */
  async tell(pool: Pool, slot: Slot, held: readonly HeldRun[]): Promise<void> {
    const { retries, freed } = this.#options
    const unsure: HeldRun[] = []
    for (const claim of held) {
      const key = keyOf(pool, claim)
      try {
        await this.#tellOf(key, slot, claim)
      } catch (thrown) {
        const error = HeadraceError.from(thrown)
        retries.report(error)
        // Of anything else its lease decides.
        if (error.retry !== 'later') continue
        slot.held.set(heldId(key, claim.run), claim)
        unsure.push(claim)
      }
    }
    if (unsure.length === 0) return
    retries.again(() => {
      const left = unsure.filter((claim) => slot.held.get(heldId(keyOf(pool, claim), claim.run)) === claim)
      if (pool.slots.has(slot)) void this.tell(pool, slot, left).then(() => freed(pool))
    })
  }

  async #tellOf(key: SessionKey, slot: Slot, claim: HeldRun): Promise<void> {
    const id = heldId(key, claim.run)
    const room = await this.#options.room(key)
    // It may have been claimed through another server, of which this one has not heard.
    if (!holds(slot, room.state.view, claim)) await room.catchUp()
    const { view, guard } = room.state
    if (!holds(slot, view, claim)) {
      slot.held.delete(id)
      // Where it let go of the run itself and only the answer was lost, that comes when it sends the batch again.
      const hasLetGo = guard.ends.some((end) => end[0] === claim.run && end[1] === claim.attempt)
      if (!hasLetGo) slot.signal(claim, { signal: 'lost' })
      return
    }
    slot.held.set(id, claim)
    for (const { signal } of missedSignals(view, claim.run)) slot.signal(claim, signal)
  }
}

function keyOf({ tenant }: Pool, { session }: HeldRun): SessionKey {
  return `${tenant}!${session}`
}
