import { createHmac, timingSafeEqual } from 'node:crypto'
import { HeadraceError } from '@headrace/core'

/** What the holder of a wake shows: whose it is, of which generation, and that this server made it. */
export interface WakeToken {
  readonly tenant: string
  readonly generation: number
  readonly mac: string
}

/** @param secret - of the subscription: a token is good for no other */
export function makeWakeToken(secret: string, tenant: string, generation: number): string {
  return `${tenant}.${generation}.${macOf(secret, tenant, generation)}`
}

/**
 * Takes a token apart; whether it is a true one, `isGenuine` tells.
 *
 * @throws HeadraceError `unauthenticated` with the protocol's word in `detail.reason`
 */
export function readWakeToken(token: string): WakeToken {
  const [, tenant, generation, mac] = /^([A-Za-z0-9_-]{1,64})\.(\d{1,15})\.([A-Za-z0-9_-]{43})$/.exec(token) ?? []
  if (tenant === undefined || generation === undefined || mac === undefined)
    throw new HeadraceError('unauthenticated', 'This is no token of a subscription.', {
      detail: { reason: 'TOKEN_INVALID' },
    })
  return { tenant, generation: Number(generation), mac }
}

export function isGenuine(secret: string, { tenant, generation, mac }: WakeToken): boolean {
  const expected = Buffer.from(macOf(secret, tenant, generation))
  const given = Buffer.from(mac)
  return secret !== '' && given.length === expected.length && timingSafeEqual(given, expected)
}

function macOf(secret: string, tenant: string, generation: number): string {
  return createHmac('sha256', secret).update(`${tenant}.${generation}`).digest('base64url')
}
