import type { Grant, HeadraceError } from '@headrace/core'
import type { Clock } from '../clock.ts'
import { Rates } from '../rate.ts'
import { tooFast } from '../too-fast.ts'
import { createClientAddress, type ClientAddress } from './client-address.ts'
import { Crowd } from './crowd.ts'
import type { ConnectionLimits } from './connection-limits.ts'

export interface TrafficOptions {
  readonly limits: ConnectionLimits
  readonly clock: Clock
  readonly trustedProxies?: readonly string[]
}

/** How much comes from whom, over all doors of a server. */
export interface Traffic {
  readonly addressOf: ClientAddress
  readonly crowd: Crowd
  /** Counts a command of an identity; returns `too_many_requests` when it is one too many. */
  command(grant: Grant): HeadraceError | undefined
}

/** @throws HeadraceError `bad_request` when an entry of `trustedProxies` has the wrong form */
export function createTraffic({ limits, clock, trustedProxies }: TrafficOptions): Traffic {
  const { commandsPerSecond, commandBurst } = limits
  const commands = new Rates({ clock, perSecond: commandsPerSecond, burst: commandBurst })
  return {
    addressOf: createClientAddress(trustedProxies),
    crowd: new Crowd(limits),
    command({ tenant, actor }) {
      const waitMs = commands.take(`${tenant}!${actor}`)
      if (waitMs === 0) return undefined
      return tooFast({ limit: 'commandsPerSecond', allowed: commandsPerSecond, waitMs, what: 'commands of yours' })
    },
  }
}
