import { HeadraceError } from '@headrace/core'
import type { ReadLimits, SessionKey } from '@headrace/core'
import { endOfDropped } from '../seq-ranges.ts'
import { eventRange, seqOf } from './keys.ts'
import { unseal } from './seal.ts'
import type { Session } from './sessions.ts'
import type { Slot } from './slot.ts'

export interface ReadParts {
  readonly slot: Slot
  readonly find: (key: SessionKey) => Promise<Session>
  /** Resolves when one of the session's writes has ended. */
  readonly waitFor: (session: Session) => Promise<void>
}

/** One try of a read; `undefined` when a purge or a compaction came between. */
export async function tryRead(
  { slot, find, waitFor }: ReadParts,
  key: SessionKey,
  { after, limits }: { readonly after: number; readonly limits: ReadLimits },
): Promise<string[] | undefined> {
  const session = await find(key)
  if (session.purging > 0) {
    await waitFor(session)
    return undefined
  }
  const { generation, durable, floor } = session
  const events: string[] = []
  let chars = 0
  const isFull = (): boolean => events.length >= limits.maxEvents || (events.length > 0 && chars >= limits.maxChars)
  let position = after
  // Each scan ends at events that are to be dropped, and the next one begins behind them.
  for (let wasStopped = true; wasStopped && position < durable && !isFull();) {
    wasStopped = false
    const limit = limits.maxEvents - events.length
    const last = position < floor.seq ? durable : Math.min(durable, position + limit)
    await slot.read((engine) =>
      engine.scan({ range: eventRange(key, position + 1, last), limit }, (found, sealed) => {
        const seq = seqOf(found)
        const dropped = seq > floor.seq ? undefined : endOfDropped(floor.dropping, seq)
        if (dropped !== undefined) {
          position = dropped
          wasStopped = true
          return false
        }
        if (seq > Math.max(position, floor.seq) + 1) return false
        const event = unseal(found, sealed)
        events.push(event)
        chars += event.length
        position = seq
        return !isFull()
      }),
    )
  }
  const dense = Math.max(position, floor.seq)
  if (dense >= durable || isFull()) return events
  if (session.reshaping > 0) {
    await waitFor(session)
    return undefined
  }
  if (session.generation !== generation || session.purging > 0 || session.floor !== floor) return undefined
  const missing = dense + 1
  throw new HeadraceError('store_corrupt', `Event ${missing} of ${key} is missing. Restore it from a backup.`, {
    detail: { key, seq: missing },
  })
}
