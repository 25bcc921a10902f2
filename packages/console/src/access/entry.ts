/** What a link into the console carries after `#`. */
export interface Entry {
  readonly token: string
  /** The session that the link leads to. */
  readonly session?: string
}

/**
 * Reads `#token=…` or `#token=…&session=…`. A fragment is never sent to a server, so a token in it is in no log.
 * Undefined for every other fragment, so that routes are left alone.
 */
export function readEntry(hash: string): Entry | undefined {
  const params = new URLSearchParams(hash.replace(/^#/, ''))
  const token = params.get('token')
  if (token === null || token === '') return undefined
  const session = params.get('session')
  return session === null || session === '' ? { token } : { token, session }
}

/** The link that brings somebody to a session with a token of their own. */
export function entryLink(base: string, { token, session }: Entry): string {
  const params = new URLSearchParams({ token, ...(session !== undefined && { session }) })
  return `${base}#${params}`
}

/** What a person pasted: a whole link, its fragment, or the token alone. */
export function readPasted(pasted: string): Entry | undefined {
  const trimmed = pasted.trim()
  const at = trimmed.indexOf('#')
  if (at >= 0) return readEntry(trimmed.slice(at))
  if (trimmed.startsWith('token=')) return readEntry(trimmed)
  // A token has no spaces and is no address; whether it is good is for the server to say.
  return /^[\w.~+/=-]{8,}$/.test(trimmed) ? { token: trimmed } : undefined
}
