import {
  HeadraceError,
  splitKey,
  systemGrant,
  type Command,
  type Json,
  type Outcome,
  type SessionEvent,
  type SessionKey,
  type Store,
} from '@headrace/core'
import type { Hub } from './hub-types.ts'

/** An entry of a system session's log. */
export interface SystemEntry {
  readonly name: string
  readonly value: Json
}

export interface SystemLogOptions {
  readonly hub: Pick<Hub, 'submit' | 'purge'>
  readonly store: Pick<Store, 'read'>
}

/** What the server writes down for itself: entries in a session that nobody else can name. */
export interface SystemLog {
  /** Durable when it resolves. With the same `id` it is written once. */
  append(key: SessionKey, id: string, entry: SystemEntry): Promise<void>
  /** Entries after a place in the log, and the place after them. Reads the store, so it sees what other servers wrote. */
  read(key: SessionKey, after?: number): Promise<{ readonly entries: readonly SystemEntry[]; readonly after: number }>
  /** Removes a log with all its entries. One that is not there is fine. */
  remove(key: SessionKey): Promise<void>
}

const page = { maxEvents: 1_000, maxChars: 1_048_576 }

export function createSystemLog({ hub, store }: SystemLogOptions): SystemLog {
  return {
    async append(key, id, { name, value }) {
      const grant = systemGrant(splitKey(key).tenant)
      const post: Command = { id, grant, body: { type: 'post', parts: [{ kind: 'data', name, value }] } }
      const outcome = await hub.submit(key, post)
      if (outcome.outcome !== 'refused') return
      if (outcome.error.code !== 'session_not_found') throw HeadraceError.fromWire(outcome.error)
      mustBeDone(await hub.submit(key, { grant, body: { type: 'create' } }))
      mustBeDone(await hub.submit(key, post))
    },
    async read(key, start = 0) {
      const entries: SystemEntry[] = []
      let after = start
      for (;;) {
        const events = (await store.read(key, after, page)).map((json) => JSON.parse(json) as SessionEvent) // by this server
        const last = events.at(-1)
        if (!last) return { entries, after }
        // Not by counting: a log may have gaps.
        after = last.seq
        entries.push(...events.flatMap(entriesOf))
      }
    },
    async remove(key) {
      await hub.purge(key).catch((thrown: unknown) => {
        const error = HeadraceError.from(thrown)
        if (error.code !== 'session_not_found') throw error
      })
    },
  }
}

function mustBeDone(outcome: Outcome): void {
  if (outcome.outcome === 'refused') throw HeadraceError.fromWire(outcome.error)
}

function entriesOf(event: SessionEvent): readonly SystemEntry[] {
  if (event.type !== 'message.added') return []
  return event.data.parts.flatMap((part) => (part.kind === 'data' ? [{ name: part.name, value: part.value }] : []))
}
