import type { Client, Session } from '@headrace/client'
import { floorOf, floorSessions, type FloorDocument, type FloorSessions } from '@headrace/factory'
import { HeadraceError } from '@headrace/core'
import type { TargetOptions } from '../connection/target.ts'
import { viewOf, withClient } from '../connection/with-client.ts'

import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'

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
  const sessions = floorSessions(options.floor)
  return withClient({ startedBy: 'factory up', ...options }, async (client) => {
    try {
      return await use({ client, sessions, session: client.session(sessions.floor) })
    } catch (thrown) {
      const isNone =
        thrown instanceof HeadraceError &&
        thrown.code === 'session_not_found' &&
        thrown.detail?.['session'] === sessions.floor
      throw isNone ? noFloor(options.floor, thrown) : thrown
    }
  })
}

function noFloor(name: string, cause: unknown): Problem {
  const text = `This server has no floor ${name}. Open one with \`headrace factory up\`, or name another with --floor, or its server with --url or --data.`
  return new Problem(exitCode.refused, text, { cause })
}

/** The floor as it is now. */
export async function readFloor({ session }: OpenedFloor): Promise<FloorDocument> {
  return floorOf((await viewOf(session)).document.value)
}
