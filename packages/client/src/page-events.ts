/**
 * Calls back when the browser says that the network is back, so that a page does not sit out a long wait for nothing.
 * Elsewhere there is no such event, and the waits do.
 *
 * @returns what ends it
 */
export function onBackOnline(listener: () => void): () => void {
  if (typeof globalThis.addEventListener !== 'function') return () => undefined
  globalThis.addEventListener('online', listener)
  return () => globalThis.removeEventListener('online', listener)
}
