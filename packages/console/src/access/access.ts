import { hrefOf, parseRoute } from '../route/route.ts'
import { readEntry, type Entry } from './entry.ts'

const key = 'headrace.token'
const listeners = new Set<() => void>()
let token: string | undefined = load()

/**
 * The token of this tab. It lives in sessionStorage: a reload keeps it, closing the tab forgets it, and no other site or
 * tab reads it.
 */
export const access = {
  get: (): string | undefined => token,
  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
  /** Takes the token of a link, and goes where the link leads. */
  enter(entry: Entry): void {
    set(entry.token)
    // Whoever came to a session without a token goes on there.
    const here = parseRoute(location.hash).page === 'home' ? '#/' : location.hash
    go(entry.session === undefined ? here : hrefOf(entry.session))
  },
  leave(): void {
    set(undefined)
    go('#/')
  },
}

/** Takes the token out of the address bar, at the start and whenever a link is opened in this tab. */
export function watchAddress(): void {
  const take = (): void => {
    const entry = readEntry(location.hash)
    if (entry) access.enter(entry)
  }
  take()
  addEventListener('hashchange', take)
}

function set(next: string | undefined): void {
  token = next
  try {
    if (next === undefined) sessionStorage.removeItem(key)
    else sessionStorage.setItem(key, next)
  } catch {
    // Storage is blocked: the token lives until the page is left.
  }
  for (const listener of listeners) listener()
}

function load(): string | undefined {
  try {
    return sessionStorage.getItem(key) ?? undefined
  } catch {
    return undefined
  }
}

/** Replaces the address, so that going back does not lead to a link with a token. */
function go(href: string): void {
  history.replaceState(history.state, '', href)
  dispatchEvent(new HashChangeEvent('hashchange'))
}
