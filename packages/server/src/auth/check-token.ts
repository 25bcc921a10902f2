import { HeadraceError } from '@headrace/core'
import { maxTokenChars } from './auth.ts'

/** Refuses what can't be a token before any cryptography looks at it. */
export function checkTokenText(token: string): void {
  if (token.length === 0) throw new HeadraceError('unauthenticated', 'The token is empty.')
  if (token.length > maxTokenChars) {
    const text = `The token has ${token.length} characters; ${maxTokenChars} are the most that is accepted.`
    throw new HeadraceError('unauthenticated', text, {
      detail: { limit: 'tokenChars', allowed: maxTokenChars, actual: token.length },
    })
  }
}
