import { useMemo, useSyncExternalStore } from 'react'
import { hrefOf, parseRoute, type Route } from './route.ts'

function subscribe(listener: () => void): () => void {
  addEventListener('hashchange', listener)
  return () => removeEventListener('hashchange', listener)
}

/** The current route; changes with links, back and forward. */
export function useRoute(): Route {
  const hash = useSyncExternalStore(subscribe, () => location.hash)
  const search = useSyncExternalStore(subscribe, () => location.search)
  return useMemo(() => parseRoute(hash, search), [hash, search])
}

export function openSession(id: string): void {
  location.hash = hrefOf(id)
}
