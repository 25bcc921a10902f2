/**
 * What this browser keeps of sessions, so that they can be read without a server: the last view of those that were open,
 * the list, and commands that are not answered yet. It is sealed with the token, which is kept in the tab alone, so what a
 * closed tab leaves behind nobody can read; and a browser keeps what belongs to one token: the one that was last used.
 */
import type { OutboxStorage, StoredCommand } from '@headrace/client'
import type { ListPage, SessionView } from '@headrace/core'
import { createStore, del, delMany, entries, get, keys, set, type UseStore } from 'idb-keyval'
import { createSeal, type Seal, type Sealed } from './seal.ts'

/** Something as it was seen. */
export interface Kept<T> {
  readonly value: T
  /** When it was seen last, ms since 1970. */
  readonly at: number
}

export interface Shelf {
  readonly outbox: OutboxStorage
  keepView(view: SessionView): void
  view(session: string): Promise<Kept<SessionView> | undefined>
  dropView(session: string): void
  /** There are no other sessions for this reader any more. */
  retain(sessions: readonly string[]): void
  keepList(page: ListPage): void
  list(): Promise<Kept<ListPage> | undefined>
  /** Of a reader who is gone, or may not read any more: nothing stays, and nothing is kept from now on. */
  clear(): void
}

/** The sessions that were seen last, up to so many and so much. */
export const maxViews = 12
const maxBytes = 4_000_000
const maxViewBytes = 1_000_000
const maxAgeMs = 7 * 24 * 60 * 60 * 1_000

type Kind = 'view' | 'list' | 'command'
interface Entry extends Sealed {
  readonly at: number
}

/**
 * Opens what is kept for a token, and lets go of what belongs to any other. Where the browser has no place for it (in a
 * private window, or without a secure connection), nothing is kept and nothing fails.
 */
export function openShelf(token: string, now: () => number = Date.now): Shelf {
  let closed = false
  // What is known of the size of each view. Another tab may keep more; it is counted when the next page opens.
  const views = new Map<string, { readonly at: number; readonly bytes: number }>()
  let listText = ''
  const opened = open()
  // One after the other, so that nothing comes back that was dropped.
  let last: Promise<unknown> = opened

  async function open(): Promise<{ readonly store: UseStore; readonly seal: Seal }> {
    const [store, seal] = [createStore('headrace', 'kept'), await createSeal(token)]
    for (const [key, { at, data }] of await entries<string, Entry>(store)) {
      const [owner, kind, ...name] = key.split('/')
      if (owner !== seal.owner || now() - at > maxAgeMs) await del(key, store)
      else if (kind === 'view') views.set(name.join('/'), { at, bytes: data.byteLength })
    }
    return { store, seal }
  }

  function inTurn<T>(
    act: (place: { readonly store: UseStore; readonly seal: Seal }) => Promise<T>,
  ): Promise<T | undefined> {
    const done = last.then(async () => (closed ? undefined : act(await opened))).catch(() => undefined)
    last = done
    return done
  }

  function put(kind: Kind, name: string, value: unknown): Promise<number | undefined> {
    return inTurn(async ({ store, seal }) => {
      const sealed = await seal.close(value)
      const bytes = sealed.data.byteLength
      if (kind === 'view' && bytes > maxViewBytes) return undefined
      await set(`${seal.owner}/${kind}/${name}`, { ...sealed, at: now() } satisfies Entry, store)
      return bytes
    })
  }

  function take<T>(kind: Kind, name: string): Promise<Kept<T> | undefined> {
    return inTurn(async ({ store, seal }) => {
      const entry = await get<Entry>(`${seal.owner}/${kind}/${name}`, store)
      if (!entry) return undefined
      return { value: (await seal.open(entry)) as T, at: entry.at } // only this page's own code has the seal
    })
  }

  function drop(kind: Kind, name: string): void {
    void inTurn(({ store, seal }) => del(`${seal.owner}/${kind}/${name}`, store))
  }

  function dropView(session: string): void {
    views.delete(session)
    drop('view', session)
  }

  function bound(): void {
    const oldest = [...views].toSorted(([, a], [, b]) => a.at - b.at)
    let sum = oldest.reduce((total, [, { bytes }]) => total + bytes, 0)
    for (const [session, { bytes }] of oldest) {
      if (views.size <= maxViews && sum <= maxBytes) return
      sum -= bytes
      dropView(session)
    }
  }

  return {
    keepView(view) {
      void put('view', view.id, view).then((bytes) => {
        if (bytes === undefined) return dropView(view.id)
        views.set(view.id, { at: now(), bytes })
        bound()
      })
    },
    view: (session) => take('view', session),
    dropView,
    retain(sessions) {
      for (const session of views.keys()) if (!sessions.includes(session)) dropView(session)
    },
    keepList(page) {
      const text = JSON.stringify(page)
      if (text === listText) return // it is asked for every few seconds
      listText = text
      void put('list', 'all', page)
    },
    list: () => take('list', 'all'),
    clear() {
      void inTurn(async ({ store, seal }) =>
        delMany(
          (await keys<string>(store)).filter((key) => key.startsWith(`${seal.owner}/`)),
          store,
        ),
      )
      // What was asked for before is over by then; what comes after it does nothing.
      void last.then(() => (closed = true))
    },
    outbox: {
      async load() {
        const found = await inTurn(async ({ store, seal }) => {
          const own = (await entries<string, Entry>(store)).filter(([key]) => key.startsWith(`${seal.owner}/command/`))
          return Promise.all(own.map(async ([, entry]) => (await seal.open(entry)) as StoredCommand)) // likewise
        })
        return (found ?? []).toSorted((a, b) => a.at - b.at || countOf(a) - countOf(b))
      },
      save: (command) => void put('command', command.id, command),
      remove: (id) => drop('command', id),
    },
  }
}

/** Commands of one page can have the same time; the count in the id then says which was first. */
function countOf({ id }: StoredCommand): number {
  return Number(id.slice(id.lastIndexOf('-') + 1))
}
