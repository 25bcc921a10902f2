import { test } from 'vitest'
import {
  AppendConflict,
  type InboxQuery,
  type ListPage,
  type ListQuery,
  type SearchQuery,
  type SessionKey,
  type SessionRow,
  type Store,
} from '@headrace/core'

/** An empty store, and what the suite may do with it. */
export interface StoreUnderTest {
  readonly store: Store
  /**
   * Closes the store and opens the same data again. Left out by stores that keep nothing: then the tests that need it
   * are skipped by name.
   */
  readonly reopen?: () => Promise<Store>
  /** Removes the data. Called after `close()`. */
  readonly dispose?: () => Promise<void>
}

export type OpenStore = () => Promise<StoreUnderTest>

/** Defines tests that each get an empty store, and clean up after themselves. */
export interface StoreTests {
  readonly test: (title: string, run: (store: Store) => Promise<void>) => void
  /** `reopen` gives the store that goes on; the one before is closed. */
  readonly testReopen: (title: string, run: (store: Store, reopen: () => Promise<Store>) => Promise<void>) => void
}

export function storeTests(open: OpenStore): StoreTests {
  return {
    test(title, run) {
      test(title, async () => {
        const { store, dispose } = await open()
        try {
          await run(store)
        } finally {
          await store.close()
          await dispose?.()
        }
      })
    },
    testReopen(title, run) {
      test(title, async (context) => {
        const { store, reopen, dispose } = await open()
        let last = store
        try {
          if (reopen === undefined) return context.skip('this store keeps nothing when it is closed')
          await run(store, async () => (last = await reopen()))
        } finally {
          await last.close()
          await dispose?.()
        }
      })
    },
  }
}

/** A read that stops at nothing but the end. */
export const everything = { maxEvents: 100_000, maxChars: 100_000_000 }

export function makeRow(id: string, fields: Partial<SessionRow> = {}): SessionRow {
  return {
    id,
    createdAt: 1_000,
    updatedAt: 2_000,
    metadata: {},
    messages: 0,
    status: 'idle',
    openRuns: 0,
    work: [],
    archived: false,
    inbox: [],
    due: null,
    ...fields,
  }
}

/** Events that say which they are: `<label> 1`, `<label> 2`, … */
export function makeEvents(label: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => JSON.stringify(`${label} ${index + 1}`))
}

/** Events that say their seq, from the one after `after` on. */
export function seqEvents(after: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => JSON.stringify({ seq: after + index + 1 }))
}

/** The seqs of events that say theirs. */
export function seqsOf(events: readonly string[]): number[] {
  return events.map((event) => (JSON.parse(event) as { readonly seq: number }).seq)
}

/** Where the log really ends, as an append that does not fit is told. */
export async function conflictOf(append: Promise<void>): Promise<number> {
  const thrown: unknown = await append.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (thrown instanceof AppendConflict) return thrown.actual
  throw new Error(`expected an AppendConflict, got ${String(thrown)}`)
}

/** All pages of a list, at most `limit` rows each. */
export async function listAll(
  store: Store,
  tenant: string,
  limit: number,
  filter: Partial<ListQuery> = {},
): Promise<SessionRow[]> {
  return allRows((cursor) => store.list({ tenant, limit, ...filter, ...cursor }))
}

/** All pages of an inbox, at most `limit` rows each. */
export async function inboxAll(store: Store, query: InboxQuery): Promise<SessionRow[]> {
  return allRows((cursor) => store.inbox({ ...query, ...cursor }))
}

/** All pages of a search, at most `limit` hits each, as `session seq`. */
export async function searchAll(store: Store, query: SearchQuery): Promise<string[]> {
  const hits: string[] = []
  for (let page = await store.search(query); ; page = await store.search({ ...query, cursor: page.cursor })) {
    hits.push(...page.hits.map(({ session, seq }) => `${session} ${seq}`))
    if (page.cursor === undefined) return hits
  }
}

async function allRows(read: (cursor: { cursor?: string }) => Promise<ListPage>): Promise<SessionRow[]> {
  const rows: SessionRow[] = []
  for (let page = await read({}); ; page = await read({ cursor: page.cursor })) {
    rows.push(...page.rows)
    if (page.cursor === undefined) return rows
  }
}

/** All sessions with work, at most `limit` at a time. */
export async function workAll(store: Store, agent: string, limit: number): Promise<SessionKey[]> {
  const keys: SessionKey[] = []
  for (let page = await store.work(agent, limit); page.length > 0; page = await store.work(agent, limit, keys.at(-1))) {
    keys.push(...page)
  }
  return keys
}
