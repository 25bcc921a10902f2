import { HeadraceError, type SessionId, type Verb } from '@headrace/core'

/** The error for a verb that a token does not allow on a session. */
export function forbidden(verb: Verb, session: SessionId): HeadraceError {
  return new HeadraceError('forbidden', `The token does not allow ${verb} on the session ${session}.`, {
    detail: { verb },
  })
}
