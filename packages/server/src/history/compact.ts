/**
 * Compaction of a session's log (S4): output whose part is closed leaves the log when it is old, since the state holds
 * what it said. Everything else stays: who did what, and when.
 *
 * The event comes first, then the store drops. Cut short between the two, the log names gaps that are not there yet, which
 * hurts nobody, and the room's row says that the session is due, so it is finished. The other way round the links of the
 * hash chain across the gaps would be lost.
 */
import {
  HeadraceError,
  fold,
  isRaw,
  splitKey,
  systemGrant,
  type EventOf,
  type Gap,
  type SessionState,
  type SessionView,
  type Store,
} from '@headrace/core'
import type { Room } from '../room.ts'
import { ChainWalk, originOf, readGaps } from './chain-walk.ts'
import { isRedactedSince } from './pending.ts'
import { scanLog, type StoredEvent } from './scan-log.ts'
import { lastSeqAt, stateAt } from './state-at.ts'

export interface Compacted {
  /** Up to where events may be missing now. */
  readonly floor: number
  /** How many events were dropped. */
  readonly dropped: number
}

/** Most gaps that one event names: a long log is compacted in steps. */
const maxGaps = 500

/**
 * Drops the raw output of closed parts that is not later than a time. One at a time for a session.
 *
 * @param before - milliseconds since 1970
 */
export async function compactSession(store: Store, room: Room, before: number): Promise<Compacted> {
  await finishCompaction(store, room)
  const { head } = room
  const target = await lastSeqAt(store, room.key, room, before)
  const nothing = { floor: room.floor, dropped: 0 }
  if (target <= room.floor) return nothing
  const { view } = room.state
  const open = openParts(view)
  const chain = new ChainWalk(room.key, originOf(view), await readGaps(store, room.key))
  let state = await stateAt(store, room.key, room.floor)
  let plan: Gap[] = []
  let dropped = 0
  /** Whether nothing that stays is between the last gap and the next event. */
  let isAdjacent = false
  let floor = room.floor
  for await (const page of scanLog(store, room.key, originOf(view), target)) {
    for (const stored of page) {
      const { before: link, after } = chain.next(stored)
      const { event } = stored
      if (event.seq > state.view.seq) {
        // Another server has dropped meanwhile what is to be folded next; its state at the floor holds that, this one does not.
        if (event.seq !== state.view.seq + 1) return { floor: room.floor, dropped }
        state = fold(state, event)
      }
      if (!isRaw(event) || open.has(partOf(event))) {
        isAdjacent = false
        if (plan.length < maxGaps || event.seq <= floor) continue
        const isGoingOn = await commit(store, room, { state, gaps: plan, head })
        if (!isGoingOn) return { floor: room.floor, dropped }
        floor = event.seq
        plan = []
        continue
      }
      dropped += 1
      const last = plan.at(-1)
      if (last && isAdjacent) plan[plan.length - 1] = { ...last, last: event.seq, after }
      else plan.push({ first: event.seq, last: event.seq, before: link, after })
      isAdjacent = true
    }
  }
  if (dropped === 0) return nothing
  if (plan.length > 0) await commit(store, room, { state, gaps: plan, head })
  return { floor: room.floor, dropped }
}

interface Step {
  /** As it was read after the log had come so far. */
  readonly state: SessionState
  readonly head: number
  readonly gaps: readonly Gap[]
}

/** @returns whether more can be dropped by what was read: not where another server did this, or something was redacted since */
async function commit(store: Store, room: Room, { state, gaps, head }: Step): Promise<boolean> {
  const { seq } = state.view
  const outcome = await room.submit({
    grant: systemGrant(splitKey(room.key).tenant),
    body: { type: 'compacted', floor: seq, gaps },
  })
  if (outcome.outcome === 'refused') throw HeadraceError.fromWire(outcome.error)
  if (outcome.outcome === 'noop') return false
  // What was redacted since was erased before this was taken, so it is not in the store any more.
  const isOutdated = await isRedactedSince(store, room.key, head)
  await drop(store, room, isOutdated ? await stateAt(store, room.key, seq) : state, gaps)
  return !isOutdated
}

async function drop(store: Store, room: Room, state: SessionState, gaps: readonly Gap[]): Promise<void> {
  const { seq } = state.view
  await store.compact(room.key, {
    floor: { seq, state: JSON.stringify(state) },
    drop: gaps.map(({ first, last }) => [first, last] as const),
  })
  await room.compacted(seq)
}

/** Drops what the log says is dropped, where a server stopped in between. */
export async function finishCompaction(store: Store, room: Room): Promise<void> {
  const floor = room.state.view.compactedTo ?? 0
  if (!room.isHalfCompacted) return
  let named: EventOf<'log.compacted'> | undefined
  for await (const page of scanLog(store, room.key, room.floor))
    for (const { event } of page) if (event.type === 'log.compacted' && event.data.floor === floor) named = event
  if (named) await drop(store, room, await stateAt(store, room.key, floor), named.data.gaps)
}

/** The parts that more may come for. */
function openParts({ messages }: SessionView): ReadonlySet<string> {
  return new Set(
    messages.flatMap(({ id, parts }) =>
      parts.filter(({ status }) => status === 'open').map((part) => `${id} ${part.id}`),
    ),
  )
}

function partOf(event: StoredEvent['event']): string {
  return event.type === 'part.delta' || event.type === 'part.changed' ? `${event.data.message} ${event.data.part}` : ''
}
