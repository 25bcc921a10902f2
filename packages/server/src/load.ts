import {
  HeadraceError,
  emptyState,
  splitKey,
  type SessionEvent,
  type SessionKey,
  type SessionRow,
  type SessionState,
  type Store,
} from '@headrace/core'
import { sessionRules, type Rules } from './rules.ts'

/** A session as it was read from the store. */
export interface LoadedSession {
  readonly state: SessionState
  readonly row: SessionRow | undefined
  /** Up to where events may be missing. */
  readonly floor: number
  /** Seq of the snapshot that it began from; 0 without one. */
  readonly snapshotSeq: number
}

/** Reads a session: its newest snapshot and the events after it. A session that does not exist is an empty state. */
export async function loadSession(
  store: Store,
  key: SessionKey,
  { fold }: Rules = sessionRules,
): Promise<LoadedSession> {
  for (;;) {
    // The floor first: it only moves up, and the snapshot is never below it.
    const floor = await store.floor(key)
    try {
      return await loadFrom(store, key, { floor, fold })
    } catch (thrown) {
      // Events that another server dropped between snapshot and log are no damage: there is a newer snapshot now.
      const isGap = thrown instanceof HeadraceError && thrown.code === 'store_corrupt'
      if (!isGap || (await store.floor(key)) <= floor) throw thrown
    }
  }
}

async function loadFrom(
  store: Store,
  key: SessionKey,
  { floor, fold }: { readonly floor: number; readonly fold: Rules['fold'] },
): Promise<LoadedSession> {
  const [snapshot, row] = await Promise.all([store.getSnapshot(key), store.row(key)])
  let state = snapshot ? parseState(key, snapshot.state) : emptyState(splitKey(key).session)
  const limits = { maxEvents: 1_000, maxChars: 4_194_304 }
  for (;;) {
    const encoded = await store.read(key, state.view.seq, limits)
    if (encoded.length === 0) break
    for (const text of encoded) state = fold(state, parseEvent(key, state.view.seq + 1, text))
  }
  return { state, row, floor, snapshotSeq: snapshot?.seq ?? 0 }
}

export function parseState(key: SessionKey, text: string): SessionState {
  try {
    return JSON.parse(text) as SessionState // written by `fold` of this format version
  } catch (cause) {
    throw new HeadraceError('store_corrupt', `The snapshot of ${key} is not readable.`, { cause })
  }
}

/** Checks the one thing that a gap or a mixed-up log would break: that each event is the next. */
function parseEvent(key: SessionKey, seq: number, text: string): SessionEvent {
  let event: SessionEvent
  try {
    event = JSON.parse(text) as SessionEvent // written by `decide` of this format version
  } catch (cause) {
    throw new HeadraceError('store_corrupt', `Event ${seq} of ${key} is not readable.`, { cause })
  }
  if (event.seq !== seq)
    throw new HeadraceError('store_corrupt', `The log of ${key} has event ${event.seq} where ${seq} should be.`)
  return event
}
