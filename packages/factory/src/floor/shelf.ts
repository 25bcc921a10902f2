/** Clones that were given up, as the floor shows them, and how a person has one back (F8f). Pure. */
import type { Actor } from '@headrace/core'
import { accepted, refused, type FloorAnswer } from './floor-answer.ts'
import type { FloorDocument } from './floor-document.ts'

/** A clone that is in quarantine, or was brought back from there. */
export interface ShelvedClone {
  /** Of the attempt, as in `t7-1`. */
  readonly id: string
  /** Why it was given up, cut to a bound. */
  readonly reason: string
  /** Milliseconds since 1970: when it was given up. */
  readonly at: number
  readonly state: ShelfState
}

export type ShelfState =
  /** `until`: it can be had back before that time. `failed`: why it could not be brought back when somebody asked. */
  | { readonly is: 'kept'; readonly until: number; readonly failed?: string }
  /** Somebody wants it, and whoever has the clones brings it. */
  | { readonly is: 'wanted'; readonly until: number; readonly by: Actor }
  /** It is in this folder of the machine that the floor is open on. */
  | { readonly is: 'back'; readonly clone: string }

/** Clones that the floor shows: the newest. */
const kept = 12
const keptBack = 4
const maxReason = 200

/** What is written down about a clone in quarantine. */
export interface Quarantined {
  readonly id: string
  readonly reason: string
  /** ISO 8601. */
  readonly at: string
  readonly until: string
}

/** The floor with what is in quarantine now; the same one where it says so already. */
export function withShelf(floor: FloorDocument, records: readonly Quarantined[]): FloorDocument {
  const known = new Map((floor.shelf ?? []).map((each) => [each.id, each]))
  const there = records.map(({ id, reason, at, until }): ShelvedClone => {
    const before = known.get(id)?.state
    const state: ShelfState = before && before.is !== 'back' ? before : { is: 'kept', until: Date.parse(until) }
    return { id, reason: reason.slice(0, maxReason), at: Date.parse(at), state }
  })
  const ids = new Set(there.map(({ id }) => id))
  const back = [...known.values()].filter(({ id, state }) => state.is === 'back' && !ids.has(id)).slice(0, keptBack)
  const newest = there
    .toSorted((a, b) => b.at - a.at || b.id.localeCompare(a.id))
    // What somebody waits for stays until it is there.
    .filter(({ state }, index) => index < kept || state.is === 'wanted')
  return withClones(floor, [...newest, ...back])
}

/** A person wants a clone back. */
export function wantBack(floor: FloorDocument, attempt: string, by: Actor): FloorAnswer {
  const found = floor.shelf?.find(({ id }) => id === attempt)
  if (!found) {
    const there = floor.shelf?.filter(({ state }) => state.is === 'kept').map(({ id }) => id) ?? []
    const others = there.length === 0 ? 'Nothing is' : `There are ${there.join(', ')}`
    return refused(
      `The floor knows of no clone of ${attempt} in quarantine. ${others} there; older ones come back by \`headrace factory undo\`.`,
    )
  }
  switch (found.state.is) {
    case 'wanted':
      return { outcome: 'noop', said: `The clone of ${attempt} is being brought back already.` }
    case 'back':
      return { outcome: 'noop', said: `The clone of ${attempt} is back already: ${found.state.clone}` }
    case 'kept': {
      const { until } = found.state
      return accepted(
        withState(floor, attempt, { is: 'wanted', until, by }),
        `The clone of ${attempt} is brought back.`,
      )
    }
    default:
      return found.state satisfies never
  }
}

/** The floor with a clone that somebody wanted and that is back, or that could not be brought. */
export function broughtBack(
  floor: FloorDocument,
  attempt: string,
  came: { readonly clone: string } | { readonly failed: string },
): FloorDocument {
  const state = floor.shelf?.find(({ id }) => id === attempt)?.state
  if (state?.is !== 'wanted') return floor
  return withState(
    floor,
    attempt,
    'clone' in came
      ? { is: 'back', clone: came.clone }
      : { is: 'kept', until: state.until, failed: came.failed.slice(0, maxReason) },
  )
}

function withState(floor: FloorDocument, attempt: string, state: ShelfState): FloorDocument {
  return withClones(
    floor,
    (floor.shelf ?? []).map((each) => (each.id === attempt ? { ...each, state } : each)),
  )
}

function withClones(floor: FloorDocument, shelf: readonly ShelvedClone[]): FloorDocument {
  if (JSON.stringify(shelf) === JSON.stringify(floor.shelf ?? [])) return floor
  return { ...floor, shelf }
}
