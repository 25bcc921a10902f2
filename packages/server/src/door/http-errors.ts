import { HeadraceError, errorTable, type ErrorCode } from '@headrace/core'

/** Codes whose text is for whoever runs the server: it may hold paths and internals. */
const inward: readonly ErrorCode[] = ['internal', 'store_corrupt', 'store_locked', 'store_version']

/** What a caller is told about something thrown. What it is not told goes to `onError`. */
export function publicError(thrown: unknown, onError: (error: HeadraceError) => void): HeadraceError {
  const error = HeadraceError.from(thrown)
  if (!inward.includes(error.code)) return error
  onError(error)
  return new HeadraceError(error.code, `${errorTable[error.code].meaning} The request was not completed.`)
}
