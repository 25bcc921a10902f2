import { HeadraceError, allows, type Grant, type SessionId, type Verb } from '@headrace/core'
import type { HttpAgents } from '../agents/http-agents.ts'
import type { Access } from '../auth/access.ts'
import type { Auth } from '../auth/auth.ts'
import type { Clock } from '../clock.ts'
import type { Hub } from '../hub-types.ts'
import type { Metrics } from '../metrics.ts'
import type { PushSubscriptions } from '../notify/subscriptions.ts'
import type { VapidKeys } from '../notify/vapid.ts'
import type { Outgoing } from '../outgoing/outgoing.ts'
import { forbidden } from './forbidden.ts'
import type { HttpLimits } from './http-limits.ts'
import type { Traffic } from './traffic.ts'
import type { Waits } from './http-waits.ts'
import type { StreamDoorOptions } from './stream-options.ts'
import type { StreamServices } from '../streams/stream-services.ts'

/** What the routes work with. */
export interface HttpServices {
  readonly hub: Hub
  readonly auth: Auth
  readonly access: Access
  readonly traffic: Traffic
  readonly clock: Clock
  readonly metrics: Metrics
  readonly limits: HttpLimits
  readonly waits: Waits
  /** Agents behind HTTP. */
  readonly agents: HttpAgents
  /** The way out, for checking addresses when they are set. */
  readonly outgoing: Outgoing
  readonly streams: ServedStreams
  /** Web Push, where it is on. */
  readonly pushes?: Pushes
  /** How long the next write to a stream may wait for more to go with it. */
  readonly pace: { readonly windowMs: number }
  /** Makes an error fit for the caller; what is meant for the operator goes to `onError`. */
  publicError(thrown: unknown): HeadraceError
}

/** Streams, and how they are served. */
export interface ServedStreams
  extends StreamDoorOptions, Pick<StreamServices, 'plain' | 'subscriptions' | 'webhookKey'> {}

/** What Web Push needs of the server. */
export interface Pushes {
  readonly subscriptions: PushSubscriptions
  readonly vapid: () => Promise<VapidKeys>
  readonly outgoing: Outgoing
}

/** For what concerns all of a tenant. */
export function mustBeAdmin({ capabilities }: Grant, what: string): void {
  if (capabilities.some(({ sessions, verbs }) => sessions === '**' && verbs.includes('admin'))) return
  throw new HeadraceError('forbidden', `${what} for tokens with the verb admin on all sessions (**).`, {
    detail: { verb: 'admin' },
  })
}

/** For what `decide` does not see: reads and deletions. */
export function mustAllow(grant: Grant, session: SessionId, verb: Verb): void {
  if (allows(grant, session, verb)) return
  throw forbidden(verb, session)
}
