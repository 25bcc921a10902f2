import type { IncomingMessage } from 'node:http'
import { HeadraceError } from '@headrace/core'

/**
 * The token of a request. It comes in this header only: addresses end up in logs and histories, and cookies are sent by
 * pages of others.
 *
 * @throws HeadraceError `unauthenticated`
 */
export function bearerToken({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const header = headers.authorization
  if (header === undefined)
    throw new HeadraceError('unauthenticated', 'This needs a token: send the header Authorization: Bearer <token>.')
  const [, token] = /^Bearer +([A-Za-z0-9._~+/=-]+) *$/i.exec(header) ?? []
  if (token === undefined)
    throw new HeadraceError(
      'unauthenticated',
      'The Authorization header must be the word Bearer, a space and the token.',
    )
  return token
}
