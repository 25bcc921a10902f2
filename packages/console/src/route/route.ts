/** Where in the console the address leads. */
export type Route = { readonly page: 'home' | 'inbox' } | SessionRoute

export interface SessionRoute {
  readonly page: 'session'
  readonly id: string
  /** Show the developer strip. */
  readonly dev: boolean
  /** Show a floor as the session that it is. */
  readonly log: boolean
  /** Show what a floor has done and cost. */
  readonly ledger: boolean
  /** From which side. Undefined: the first. */
  readonly side: LedgerSide | undefined
  /** Show it as developers want it. */
  readonly inspect: boolean
  /** As it was after this event; undefined: as it is. */
  readonly at: number | undefined
}

/** What a floor has done, from this side. */
export type LedgerSide = 'day' | 'skills' | 'judgement'
const sides: readonly LedgerSide[] = ['day', 'skills', 'judgement']

/**
 * Reads an address. Routes are in the fragment (`#/s/<encoded id>`), so the console works under any path and the server
 * needs no rule for it. `?dev` is taken before the `#` or after the id.
 */
export function parseRoute(hash: string, search = ''): Route {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?', 2)
  if (path === inboxHref.slice(1)) return { page: 'inbox' }
  const [, encoded] = /^\/s\/([^/]+)$/.exec(path) ?? []
  const id = encoded === undefined ? undefined : decode(encoded)
  if (id === undefined) return { page: 'home' }
  const asked = new URLSearchParams(query)
  const dev = asked.has('dev') || new URLSearchParams(search).has('dev')
  const at = Number(asked.get('at') ?? Number.NaN)
  const [log, ledger, inspect] = [asked.has('log'), asked.has('ledger'), asked.has('inspect')]
  const side = sides.find((each) => each === asked.get('ledger'))
  return {
    page: 'session',
    id,
    dev,
    log,
    ledger,
    side,
    inspect,
    at: Number.isSafeInteger(at) && at > 0 ? at : undefined,
  }
}

/** The address of what waits for the reader. */
export const inboxHref = '#/inbox'

interface Place {
  /** A floor as the session that it is. */
  readonly log?: boolean
  /** What a floor has done and cost; or one side of it. */
  readonly ledger?: boolean | LedgerSide
  /** The session as developers want it. */
  readonly inspect?: boolean
  /** The session as it was after this event. */
  readonly at?: number
}

/** The address of a session within the console. */
export function hrefOf(session: string, { log, ledger, inspect, at }: Place = {}): string {
  const flags = Object.entries({ log, ledger, inspect }).flatMap(([flag, on]) =>
    typeof on === 'string' ? [`${flag}=${on}`] : on === true ? [flag] : [],
  )
  const asked = [...flags, ...(at === undefined ? [] : [`at=${at}`])].join('&')
  return `#/s/${encodeURIComponent(session)}${asked === '' ? '' : `?${asked}`}`
}

function decode(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded)
  } catch {
    return undefined // a broken escape: no such session
  }
}
