import { HeadraceError, type JsonObject } from '@headrace/core'

/** Providers put whole pages of HTML into errors. */
const maxMessageChars = 2_000

/** The stream says that it failed: with the words of whoever sent it, where there are some. */
export function failed(from: string, message: unknown, detail: JsonObject = {}): HeadraceError {
  const said = typeof message === 'string' && message !== '' ? message.slice(0, maxMessageChars) : undefined
  return new HeadraceError('upstream_failed', said ?? `${from} failed and did not say why.`, {
    detail: { from, ...detail },
  })
}

/** The stream says what its protocol does not allow. */
export function notAllowed(from: string, what: string, cause?: unknown): HeadraceError {
  const options = cause === undefined ? {} : { cause }
  return new HeadraceError('upstream_failed', `${from} ${what}.`, { detail: { from }, ...options })
}

/** The stream ended before its protocol says that it is complete. */
export function brokeOff(from: string): HeadraceError {
  return notAllowed(from, 'broke off before it was complete')
}
