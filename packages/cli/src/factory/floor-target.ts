import type { Client, Session } from '@headrace/client'
import { floorOf, floorSessions, type FloorDocument, type FloorSessions } from '@headrace/factory'
import type { TargetOptions } from '../connection/target.ts'
import { viewOf, withClient } from '../connection/with-client.ts'

/** Which floor on which server. */
export interface FloorTarget extends TargetOptions {
  readonly floor: string
}

export interface OpenedFloor {
  readonly client: Client
  readonly sessions: FloorSessions
  readonly session: Session
}

/** Does something with a floor. */
export function withFloor<T>(options: FloorTarget, use: (floor: OpenedFloor) => Promise<T>): Promise<T> {
  return withClient({ startedBy: 'factory up', ...options }, (client) => {
    const sessions = floorSessions(options.floor)
    return use({ client, sessions, session: client.session(sessions.floor) })
  })
}

/** The floor as it is now. */
export async function readFloor({ session }: OpenedFloor): Promise<FloorDocument> {
  return floorOf((await viewOf(session)).document.value)
}
