import { HeadraceError, splitKey, type SessionKey } from '@headrace/core'

export function noSession(key: SessionKey): HeadraceError {
  const { session } = splitKey(key)
  return new HeadraceError('session_not_found', `There is no session ${session}. Create it first.`, {
    detail: { session },
  })
}
