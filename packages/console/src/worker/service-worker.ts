/**
 * What the browser keeps of the console: its files, so that it opens without a network, and nothing of any session. It
 * also shows what the server pushes while no page is open.
 *
 *   the page itself   from the network, so that a new version counts at once; without one, as it was the last time
 *   its files         from here: their names change with their content. All are kept at once, also those of pages that
 *                     nobody has looked at: without a network they can't be had
 *   /v1/…             never touched
 */

/** What this needs of a service worker's own types: they and those of a page exclude each other. */
interface Lasting extends Event {
  waitUntil(done: Promise<unknown>): void
}
interface Fetched extends Lasting {
  readonly request: Request
  /** The browser's own answer for a page that it has asked for already. */
  readonly preloadResponse: Promise<Response | undefined>
  respondWith(response: Promise<Response>): void
}
interface Pushed extends Lasting {
  readonly data: { json(): unknown } | null
}
interface Clicked extends Lasting {
  readonly notification: Notification
}
interface Window {
  focus(): Promise<unknown>
  postMessage(message: unknown): void
}
interface Scope {
  readonly registration: ServiceWorkerRegistration
  readonly clients: {
    claim(): Promise<void>
    matchAll(options: { readonly type: 'window'; readonly includeUncontrolled: boolean }): Promise<readonly Window[]>
    openWindow(url: string): Promise<unknown>
  }
  skipWaiting(): Promise<void>
  addEventListener(type: 'install' | 'activate', listener: (event: Lasting) => void): void
  addEventListener(type: 'fetch', listener: (event: Fetched) => void): void
  addEventListener(type: 'push', listener: (event: Pushed) => void): void
  addEventListener(type: 'notificationclick', listener: (event: Clicked) => void): void
}

const scope = globalThis as unknown as Scope // this file runs as a service worker and as nothing else
const cacheName = 'headrace-console-1'
const home = new URL('./', scope.registration.scope)

scope.addEventListener('install', (event) => {
  event.waitUntil(Promise.all([keep(home.href), scope.skipWaiting()]))
})

scope.addEventListener('activate', (event) => {
  // The browser asks for the page while this starts, which takes longer than the answer.
  event.waitUntil(Promise.all([scope.clients.claim(), scope.registration.navigationPreload.enable()]))
})

scope.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== home.origin || !url.pathname.startsWith(home.pathname)) return
  const name = url.pathname.slice(home.pathname.length)
  if (name === 'v1' || name.startsWith('v1/')) return
  if (request.mode === 'navigate') event.respondWith(page(event))
  else if (name.startsWith('assets/')) event.respondWith(file(request))
})

/** The page, new where there is a network. */
async function page(event: Fetched): Promise<Response> {
  try {
    const response = (await event.preloadResponse) ?? (await fetch(event.request))
    // Whoever waits for the page does not wait for this.
    if (response.ok) event.waitUntil(replace(response.clone()))
    return response
  } catch (thrown) {
    const cache = await caches.open(cacheName)
    const kept = await cache.match(home.href, { ignoreVary: true })
    if (kept) return kept
    throw thrown
  }
}

/** Keeps a page. When it is another one, it lets go of the files of the one before, and keeps its own. */
async function replace(response: Response): Promise<void> {
  const cache = await caches.open(cacheName)
  const before = await cache.match(home.href, { ignoreVary: true })
  const [now, then] = [await response.clone().text(), await before?.text()]
  if (now === then) return
  if (then !== undefined) await Promise.all((await cache.keys()).map((request) => cache.delete(request)))
  await cache.put(home.href, response)
  await keepFiles(cache)
}

async function file(request: Request): Promise<Response> {
  const cache = await caches.open(cacheName)
  const kept = await cache.match(request, { ignoreVary: true })
  if (kept) return kept
  const response = await fetch(request)
  if (response.ok) await cache.put(request, response.clone())
  return response
}

async function keep(address: string): Promise<void> {
  const cache = await caches.open(cacheName)
  const response = await fetch(address)
  if (!response.ok) return
  await cache.put(address, response)
  // The files of the page that is open were loaded before anybody was there to keep them.
  await keepFiles(cache)
}

/** What a build says of each of its files. */
interface Built {
  readonly file: string
  readonly css?: readonly string[]
}

/** All files of the page, also those that come when somebody looks at what they are for. */
async function keepFiles(cache: Cache): Promise<void> {
  const response = await fetch(new URL('files.json', home))
  if (!response.ok) return
  const built = (await response.json()) as Readonly<Record<string, Built>> // Vite writes it
  const files = new Set(Object.values(built).flatMap(({ file: name, css = [] }) => [name, ...css]))
  await Promise.all(
    [...files]
      .filter((name) => name.startsWith('assets/'))
      .map(async (name) => {
        const { href } = new URL(name, home)
        if (!(await cache.match(href, { ignoreVary: true }))) await cache.add(href)
      }),
  )
}

/** What the server sends to a device. */
interface Told {
  readonly kind: 'done' | 'failed' | 'needs-you'
  readonly session: string
  readonly title?: string
  readonly tag: string
}

const words: Readonly<Record<Told['kind'], string>> = {
  done: 'What you asked for is done',
  failed: 'Something that you asked for failed',
  'needs-you': 'An agent waits for your answer',
}

scope.addEventListener('push', (event) => {
  const told = event.data?.json() as Told | undefined // only the server's own key encrypts for this device
  if (!told) return
  event.waitUntil(
    scope.registration.showNotification(told.title ?? told.session, {
      body: words[told.kind],
      tag: told.tag,
      data: told.session,
    }),
  )
})

scope.addEventListener('notificationclick', (event) => {
  event.notification.close()
  const session = String(event.notification.data)
  event.waitUntil(open(session))
})

/** In a page that is open, for it has the token; else in a new one. */
async function open(session: string): Promise<void> {
  const [window] = await scope.clients.matchAll({ type: 'window', includeUncontrolled: true })
  if (!window) return void (await scope.clients.openWindow(new URL(`#/s/${encodeURIComponent(session)}`, home).href))
  window.postMessage({ open: session })
  await window.focus()
}
