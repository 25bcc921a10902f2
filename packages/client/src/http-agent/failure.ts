import { HeadraceError, type JsonObject } from '@headrace/core'

/** What an endpoint did wrong, for whoever reads the session: no address, no header. */
export function failed(what: string, detail: JsonObject = {}, cause?: unknown): HeadraceError {
  return new HeadraceError('upstream_failed', `The agent's endpoint ${what}`, {
    detail,
    ...(cause !== undefined && { cause }),
  })
}

/** Somebody else's text, so that it can stand in a sentence: one line, nothing that is not to be seen, not long. */
export function quoted(text: string): string {
  const line = text.replaceAll(/[\p{C}\s]+/gu, ' ').trim()
  // Not in the middle of a character.
  return `"${line.slice(0, maxQuoted).replace(/[\uD800-\uDBFF]$/, '')}"`
}

const maxQuoted = 200
