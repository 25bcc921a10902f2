import * as errors from 'jose/errors'
import { HeadraceError } from '@headrace/core'

/**
 * Says in our words why a token was refused. Never has the token, nor jose's error as its cause: that one carries the
 * claims, and causes end up in logs.
 */
export function tokenError(thrown: unknown, algorithms: readonly string[]): HeadraceError {
  if (thrown instanceof HeadraceError) return thrown
  if (thrown instanceof errors.JWTExpired) {
    const at = typeof thrown.payload.exp === 'number' ? new Date(thrown.payload.exp * 1000) : undefined
    const when = at && !Number.isNaN(at.getTime()) ? ` at ${at.toISOString()}` : ''
    return new HeadraceError('token_expired', `The token expired${when}. Get a new one.`)
  }
  if (thrown instanceof errors.JWTClaimValidationFailed) return claimError(thrown)
  if (thrown instanceof errors.JOSEAlgNotAllowed || thrown instanceof errors.JOSENotSupported) {
    return unauthenticated(
      `The token is signed with an algorithm that this server does not accept. It accepts ${algorithms.join(', ')}.`,
    )
  }
  if (thrown instanceof errors.JWSSignatureVerificationFailed) {
    return unauthenticated(
      'The token is not signed with a key that this server trusts. Use one that was made for this server.',
    )
  }
  if (thrown instanceof errors.JWKSNoMatchingKey) {
    return unauthenticated(
      'The token is signed with a key that is not in the key set of this server (see its kid and alg).',
    )
  }
  if (thrown instanceof errors.JWKSMultipleMatchingKeys) {
    return unauthenticated('Several keys of the key set fit the token. Give the token a kid.')
  }
  if (thrown instanceof errors.JWSInvalid || thrown instanceof errors.JWTInvalid) {
    return unauthenticated('The token is not a signed JWT: three base64url texts with dots between them.')
  }
  return HeadraceError.from(thrown)
}

function claimError({ claim, reason }: errors.JWTClaimValidationFailed): HeadraceError {
  return unauthenticated(`The token's claim ${claim} ${claimText(claim, reason)}`, claim)
}

function claimText(claim: string, reason: string): string {
  if (reason === 'missing') return 'is missing.'
  if (reason === 'invalid') return 'has the wrong type.'
  if (claim === 'nbf') return 'says that it is not valid yet. Check the clocks of both machines.'
  return 'is not the one that this server expects.'
}

function unauthenticated(text: string, claim?: string): HeadraceError {
  return new HeadraceError('unauthenticated', text, claim === undefined ? {} : { detail: { claim } })
}
