/** Which workers there are, by the agent that they work as, and which sessions seem to have a run for them. */
import { mayWorkAs, splitKey, type AgentName, type HeldRun, type RunId, type SessionKey } from '@headrace/core'
import { hasRoom, heldId, roomOf, type Slot } from './worker-slot.ts'

/** The workers of one agent. */
export interface Pool {
  readonly tenant: string
  readonly agent: AgentName
  readonly slots: Set<Slot>
  /** Sessions that seem to have a run to take, in the order they became ready. */
  readonly ready: Set<SessionKey>
  /** The store was asked which sessions are ready. */
  seeded: boolean
}

export class Pools {
  readonly #pools = new Map<string, Pool>()

  /** How many workers there are. */
  get workers(): number {
    let count = 0
    for (const pool of this.#pools.values()) count += pool.slots.size
    return count
  }

  /** There is a pool while there is a worker for it: an agent that nobody works as costs nothing here. */
  find(tenant: string, agent: AgentName): Pool | undefined {
    return this.#pools.get(idOf(tenant, agent))
  }

  /** The pool for a worker that comes. */
  open(tenant: string, agent: AgentName): Pool {
    const id = idOf(tenant, agent)
    const pool = this.#pools.get(id) ?? {
      tenant,
      agent,
      slots: new Set<Slot>(),
      ready: new Set<SessionKey>(),
      seeded: false,
    }
    this.#pools.set(id, pool)
    return pool
  }

  /** The agents that somebody works as who may do so in this session. */
  offeredTo(key: SessionKey): readonly AgentName[] {
    const { tenant, session } = splitKey(key)
    return [...this.#pools.values()]
      .filter((pool) => pool.tenant === tenant)
      .filter(({ agent, slots }) => [...slots].some(({ grant }) => mayWorkAs(grant, session, agent)))
      .map(({ agent }) => agent)
  }

  leave(pool: Pool, slot: Slot): void {
    pool.slots.delete(slot)
    // The next worker of this agent asks the store what waits, so nothing has to be remembered for nobody.
    // It may have come already: a connection that nobody noticed dying is let go of late.
    const id = idOf(pool.tenant, pool.agent)
    if (pool.slots.size === 0 && this.#pools.get(id) === pool) this.#pools.delete(id)
  }

  /** The slots that hold a run: one, or none. */
  holders(key: SessionKey, run: RunId): readonly (readonly [Slot, HeldRun])[] {
    const id = heldId(key, run)
    return [...this.#pools.values()].flatMap((pool) =>
      [...pool.slots].flatMap((slot) => {
        const held = slot.held.get(id)
        return held ? [[slot, held] as const] : []
      }),
    )
  }

  /** The session is gone, and with it the runs that workers held in it. Returns those whose workers may have room now. */
  forget(key: SessionKey): readonly Pool[] {
    const pools = [...this.#pools.values()]
    for (const pool of pools) {
      pool.ready.delete(key)
      for (const slot of pool.slots) {
        for (const [id, held] of slot.held) {
          if (!id.startsWith(heldId(key, ''))) continue
          slot.held.delete(id)
          slot.signal(held, { signal: 'lost' })
        }
      }
    }
    return pools
  }

  clear(): void {
    this.#pools.clear()
  }
}

/** The worker with the most room that may work on this session. */
export function freeSlot(pool: Pool, key: SessionKey): Slot | undefined {
  const { session } = splitKey(key)
  let best: Slot | undefined
  for (const slot of pool.slots) {
    if (hasRoom(slot) && mayWorkAs(slot.grant, session, pool.agent) && (!best || roomOf(slot) > roomOf(best))) {
      best = slot
    }
  }
  return best
}

function idOf(tenant: string, agent: AgentName): string {
  return `${tenant}!${agent}`
}
