import { hrefOf } from '../route/route.ts'

/** So long after the page was loaded, a session that was asked for is there. */
const restMs = 1_000

/** The service worker, once the page has nothing better to do. Without one the page works, but only with a network. */
export function registerWorker(): void {
  if (!('serviceWorker' in navigator) || !import.meta.env.PROD) return
  const register = (): void => {
    const start = (): void => {
      navigator.serviceWorker.register(new URL('service-worker.js', document.baseURI)).catch(() => {})
    }
    // It fetches all files: what the reader waits for comes first. Safari has no such callback.
    if ('requestIdleCallback' in globalThis) setTimeout(() => requestIdleCallback(start), restMs)
    else setTimeout(start, restMs)
  }
  if (document.readyState === 'complete') register()
  else addEventListener('load', register, { once: true })
  navigator.serviceWorker.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (typeof data === 'object' && data !== null && 'open' in data && typeof data.open === 'string')
      location.hash = hrefOf(data.open)
  })
}
