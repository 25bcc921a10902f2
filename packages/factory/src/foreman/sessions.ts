import type { SessionId } from '@headrace/core'

/** The sessions of a floor. All that the factory knows stands in them. */
export interface FloorSessions {
  /** Its shared document holds tasks and mode; what people ask, and what the foreman decides, are runs in it. */
  readonly floor: SessionId
  /** The merge queue: each change that is offered to the gate is a run. */
  readonly merge: SessionId
  /** One for each lane: each attempt is a run. */
  lane(name: string): SessionId
}

/** @param name - of the floor: 1 to 63 lower-case letters, digits and hyphens */
export function floorSessions(name: string): FloorSessions {
  const root = `factory/${name}`
  return { floor: `${root}/floor`, merge: `${root}/merge`, lane: (lane) => `${root}/lanes/${lane}` }
}

/** Which session of which floor this is. */
export type FloorPlace =
  | { readonly floor: string; readonly part: 'floor' | 'merge' }
  | { readonly floor: string; readonly part: 'lane'; readonly lane: string }

/** What a session is on a floor; `undefined` for one that is on none. */
export function floorPlace(session: SessionId): FloorPlace | undefined {
  const [root, floor, part, lane, ...more] = session.split('/')
  if (root !== 'factory' || floor === undefined || floor === '' || more.length > 0) return undefined
  if (lane === undefined) return part === 'floor' || part === 'merge' ? { floor, part } : undefined
  return part === 'lanes' && lane !== '' ? { floor, part: 'lane', lane } : undefined
}

/** Agents of a floor: who holds a run of one of these does its part. */
export const crew = {
  /** Decides what begins where. One run at a time: whoever holds its lease is the foreman. */
  foreman: 'foreman',
  /** Answers what people ask of the floor. */
  desk: 'desk',
  /** Takes an attempt through a lane. */
  runner: 'runner',
  /** Judges changes, one after the other, and merges them. */
  gate: 'gate',
} as const
