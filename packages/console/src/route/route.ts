/** Where in the console the address leads. */
export type Route =
  | { readonly page: 'home' }
  /** `dev`: show the developer strip. `log`: show a floor as the session that it is. */
  | { readonly page: 'session'; readonly id: string; readonly dev: boolean; readonly log: boolean }

/**
 * Reads an address. Routes are in the fragment (`#/s/<encoded id>`), so the console works under any path and the server
 * needs no rule for it. `?dev` is taken before the `#` or after the id.
 */
export function parseRoute(hash: string, search = ''): Route {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?', 2)
  const [, encoded] = /^\/s\/([^/]+)$/.exec(path) ?? []
  const id = encoded === undefined ? undefined : decode(encoded)
  if (id === undefined) return { page: 'home' }
  const asked = new URLSearchParams(query)
  return { page: 'session', id, dev: asked.has('dev') || new URLSearchParams(search).has('dev'), log: asked.has('log') }
}

/** The address of a session within the console. */
export function hrefOf(session: string, { log = false }: { readonly log?: boolean } = {}): string {
  return `#/s/${encodeURIComponent(session)}${log ? '?log' : ''}`
}

function decode(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded)
  } catch {
    return undefined // a broken escape: no such session
  }
}
