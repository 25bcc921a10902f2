import { HeadraceError } from '@headrace/core'
import type { Credential } from '../auth/access.ts'
import { bearerToken } from './bearer.ts'
import type { RawCall, TokenRoute } from './http-route.ts'

/** Names under which people put tokens into addresses. */
const tokenNames = ['token', 'access_token', 'jwt', 'auth', 'authorization', 'bearer']

/**
 * The token of a request, or, where the route takes one, the ticket in its address: a browser's EventSource can't send
 * headers. A token is never taken from an address, which ends up in logs and histories.
 *
 * @throws HeadraceError `unauthenticated`
 */
export function readCredential({ request, query }: RawCall, { takesTicket }: TokenRoute): Credential {
  const parameters = new URLSearchParams(query)
  const ticket = parameters.get('ticket')
  if (request.headers.authorization !== undefined) {
    if (ticket === null) return { token: bearerToken(request) }
    throw new HeadraceError(
      'bad_request',
      'Send a token in the Authorization header or a ticket in the address, not both.',
      {
        detail: { path: 'query.ticket' },
      },
    )
  }
  if (ticket !== null && takesTicket?.(parameters) === true) return { ticket }
  if (ticket !== null) {
    const text =
      'A ticket is for event streams (live=sse) and for hello on a WebSocket. Send the header Authorization: Bearer <token> here.'
    throw new HeadraceError('unauthenticated', text)
  }
  if (hasToken(parameters)) throw new HeadraceError('unauthenticated', noTokenInAddress)
  return { token: bearerToken(request) }
}

/** Whether an address holds what looks like a token. */
export function hasToken(parameters: URLSearchParams): boolean {
  return [...parameters.keys()].some((name) => tokenNames.includes(name.toLowerCase()))
}

export const noTokenInAddress =
  'A token is not taken from an address, which ends up in logs. Send it in the Authorization header, or get a ticket for one use with POST /v1/tickets.'
