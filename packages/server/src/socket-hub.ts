import type { Dispatcher } from './dispatch/dispatcher.ts'
import type { Hub } from './hub-types.ts'
import type { Presences } from './presence.ts'

/** A hub for doors that stay open: they bring workers and devices too. */
export interface SocketHub extends Hub {
  readonly dispatcher: Pick<Dispatcher, 'register' | 'pump'>
  readonly presences: Pick<Presences, 'join'>
}
