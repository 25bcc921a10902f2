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
