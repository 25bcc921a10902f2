import type { AgentName, SessionId } from '@headrace/core'

/** The sessions of a floor. All that the factory knows stands in them. */
export interface FloorSessions {
  /** Its shared document holds tasks and mode; what people ask, and what the foreman decides, are runs in it. */
  readonly floor: SessionId
  /** The merge queue: each change that is offered to the gate is a run. */
  readonly merge: SessionId
  /** One for each lane: each attempt is a run. */
  lane(name: string): SessionId
  /** Who works in them, and nowhere else. */
  readonly crew: Crew
}

/**
 * Agents of one floor: who holds a run of one of these does its part. Each floor has names of its own, because a worker is
 * given every run of its agent, of whatever session.
 */
export interface Crew {
  /** Decides what begins where. One run at a time: whoever holds its lease is the foreman. */
  readonly foreman: AgentName
  /** Answers what people ask of the floor. */
  readonly desk: AgentName
  /** Takes an attempt through a lane. */
  readonly runner: AgentName
  /** Judges changes, one after the other, and merges them. */
  readonly gate: AgentName
}

/** What a floor may be called: with its part before it, it must fit into the name of an agent. */
export const floorName: RegExp = /^[a-z0-9][a-z0-9-]{0,55}$/

/** @param name - of the floor: 1 to 56 lower-case letters, digits and hyphens */
export function floorSessions(name: string): FloorSessions {
  const root = `factory/${name}`
  const crew: Crew = {
    foreman: `foreman.${name}`,
    desk: `desk.${name}`,
    runner: `runner.${name}`,
    gate: `gate.${name}`,
  }
  return { floor: `${root}/floor`, merge: `${root}/merge`, lane: (lane) => `${root}/lanes/${lane}`, crew }
}

/** Who works in a session; `undefined` for one that is on no floor. */
export function crewOf(session: SessionId): Crew | undefined {
  const place = floorPlace(session)
  return place && floorSessions(place.floor).crew
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
