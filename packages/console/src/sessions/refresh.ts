const listeners = new Set<() => void>()

/** Asks for the list again: something in it has changed, as this page knows already. */
export function refreshList(): void {
  for (const listener of listeners) listener()
}

export function onRefresh(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
