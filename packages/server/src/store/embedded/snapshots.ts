import { HeadraceError } from '@headrace/core'
import type { SessionKey, Snapshot } from '@headrace/core'
import type { Op } from './engine.ts'
import { floorSnapshotKey, snapshotKey } from './keys.ts'
import { seal, unseal } from './seal.ts'
import type { HeldSession, SessionWrites } from './session-writes.ts'
import type { Session } from './sessions.ts'
import type { Slot } from './slot.ts'

export interface Snapshots {
  newest(key: SessionKey): Promise<Snapshot | undefined>
  atFloor(key: SessionKey): Promise<Snapshot | undefined>
  put(key: SessionKey, snapshot: Snapshot): Promise<void>
  /** Looks up, where nobody has, the seq of a session's newest snapshot: then its `snapshot` is set. */
  prepare(session: Session): Promise<void>
}

export interface SnapshotsParts {
  readonly slot: Slot
  readonly writes: SessionWrites
  readonly find: (key: SessionKey) => Promise<Session>
  readonly onError: (error: HeadraceError) => void
}

export function createSnapshots({ slot, writes, find, onError }: SnapshotsParts): Snapshots {
  async function readAt(at: string): Promise<Snapshot | undefined> {
    const sealed = await slot.read((engine) => engine.get(at))
    if (sealed === undefined) return undefined
    const value = unseal(at, sealed)
    const colon = value.indexOf(':')
    return { seq: Number(value.slice(0, colon)), state: value.slice(colon + 1) }
  }

  /** One that is damaged counts as none: floor and log say the same, only slower. */
  async function readNewest(key: SessionKey): Promise<Snapshot | undefined> {
    try {
      return await readAt(snapshotKey(key))
    } catch (thrown) {
      const error = HeadraceError.from(thrown)
      if (error.code !== 'store_corrupt') throw error
      onError(error)
      return undefined
    }
  }

  async function atFloor(key: SessionKey): Promise<Snapshot | undefined> {
    for (;;) {
      const before = await find(key)
      const { floor, generation } = before
      if (floor.seq === 0 || floor.isStateless === true) return undefined
      const snapshot = await readAt(floorSnapshotKey(key))
      if (snapshot?.seq === floor.seq) return snapshot
      // A compaction, a redaction or a purge came between.
      if (before.generation !== generation || before.floor !== floor || before.reshaping + before.purging > 0) continue
      throw new HeadraceError('store_corrupt', `The state of ${key} at its floor ${floor.seq} is missing.`, {
        detail: { key, seq: floor.seq },
      })
    }
  }

  async function prepare(session: Session): Promise<void> {
    if (session.snapshot !== undefined) return
    const stored = await readNewest(session.key)
    session.snapshot ??= stored === undefined || stored.seq > session.head ? 0 : stored.seq
  }

  /** One try of `put`; false when the session was dropped meanwhile. */
  async function tryPut(held: HeldSession, snapshot: Snapshot): Promise<boolean> {
    const { session } = held
    await prepare(session)
    if (session.isStale) return false
    // Made of a session that was purged since, if not by what comes later then by where it stands.
    if (session.generation !== held.generation || session.purging > 0 || snapshot.seq > session.head) return true
    if (snapshot.seq <= (session.snapshot ?? 0)) return true
    await writes.write(held, [snapshotOp(snapshotKey(session.key), snapshot)], {
      queued: () => (session.snapshot = snapshot.seq),
    })
    return true
  }

  return {
    atFloor,
    prepare,

    async newest(key) {
      for (;;) {
        const before = await find(key)
        const { generation } = before
        const snapshot = await readNewest(key)
        const session = await find(key)
        // Of a session that was purged meanwhile it says nothing about the one that is there now.
        if (session !== before || session.generation !== generation || session.purging > 0) continue
        const { durable, floor } = session
        // Ahead of the log it can be when damage to the log was accepted; what is left of the log decides.
        if (snapshot !== undefined && floor.seq <= snapshot.seq && snapshot.seq <= durable) return snapshot
        return floor.seq === 0 ? undefined : atFloor(key)
      }
    },

    async put(key, snapshot) {
      while (!(await writes.hold(key, (held) => tryPut(held, snapshot))));
    },
  }
}

export function snapshotOp(key: string, { seq, state }: Snapshot): Op {
  return { type: 'put', key, value: seal(key, `${seq}:${state}`) }
}
