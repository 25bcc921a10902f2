import {
  HeadraceError,
  emptyState,
  fold,
  splitKey,
  type SessionKey,
  type SessionState,
  type Store,
} from '@headrace/core'
import { parseState } from '../load.ts'
import { belowFloor } from './below-floor.ts'
import { scanLog } from './scan-log.ts'

/** Most events that are folded to find a state of the past. */
const maxFolded = 1_000_000

/**
 * The state after an event, from the nearest snapshot that is not above it. Reads and folds page by page, so others are
 * served meanwhile.
 *
 * @throws HeadraceError `compacted` below the floor; `limit_exceeded` when too many events would have to be folded
 */
export async function stateAt(store: Store, key: SessionKey, seq: number): Promise<SessionState> {
  const newest = await store.getSnapshot(key)
  const base = newest && newest.seq <= seq ? newest : await store.floorSnapshot(key)
  const { session } = splitKey(key)
  if (base && seq < base.seq) throw belowFloor(session, seq, base.seq)
  let state = base ? parseState(key, base.state) : emptyState(session)
  if (seq - state.view.seq > maxFolded) {
    const text = `To know ${session} at ${seq}, ${seq - state.view.seq} events would have to be read again; ${maxFolded} are allowed (foldedEvents). Export the session and fold it yourself.`
    const detail = { limit: 'foldedEvents', allowed: maxFolded, actual: seq - state.view.seq }
    throw new HeadraceError('limit_exceeded', text, { detail })
  }
  for await (const page of scanLog(store, key, state.view.seq, seq)) {
    for (const { event } of page) {
      // A compaction overtook this read: what it began with is gone.
      if (event.seq !== state.view.seq + 1) throw belowFloor(session, seq, await store.floor(key))
      state = fold(state, event)
    }
  }
  return state
}

/** The last seq above the floor whose event is not later than a time; the floor where there is none. */
export async function lastSeqAt(
  store: Pick<Store, 'read'>,
  key: SessionKey,
  { floor, head }: { readonly floor: number; readonly head: number },
  time: number,
): Promise<number> {
  let low = floor
  let high = head
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    const at = await timeOf(store, key, middle)
    if (at !== undefined && at <= time) low = middle
    else high = middle - 1
  }
  return low
}

async function timeOf(store: Pick<Store, 'read'>, key: SessionKey, seq: number): Promise<number | undefined> {
  const [json] = await store.read(key, seq - 1, { maxEvents: 1, maxChars: 1 })
  return json === undefined ? undefined : (JSON.parse(json) as { readonly at: number }).at // every event has it
}
