import { randomUUID } from 'node:crypto'
import {
  HeadraceError,
  sessionKey,
  splitKey,
  type FoundPage,
  type Grant,
  type InboxPage,
  type Reader,
  type SessionId,
  type SessionKey,
  type SessionLimits,
  type SessionView,
  type Store,
} from '@headrace/core'
import type { Clock } from '../clock.ts'
import type { Room } from '../room.ts'
import { belowFloor } from './below-floor.ts'
import { copyBlobs, getBlob, namedBlobs, putBlob, type Blob, type PutBlob } from './blobs.ts'
import { compactSession, type Compacted } from './compact.ts'
import { eraseRedacted } from './erase.ts'
import { exportLines } from './export.ts'
import { forkSession, isTaken, sameFork, type Forked } from './fork.ts'
import { readInbox, type InboxOptions } from './inbox.ts'
import { searchMessages, type SearchOptions } from './search.ts'
import { lastSeqAt, stateAt } from './state-at.ts'
import type { Turns } from './turns.ts'

/** What is asked of a session's past, and across sessions. Every method rejects with a `HeadraceError`. */
export interface History {
  /** Drops raw output of closed parts that is not later than a time. */
  compact(key: SessionKey, before: number): Promise<Compacted>
  /** The view after an event, or at a time. Who sees what is for the door. */
  viewAt(key: SessionKey, when: { readonly seq: number } | { readonly time: number }): Promise<SessionView>
  /** Copies a session as it was. `id`: of the copy; default random. A retry with the same id finds its own copy. */
  fork(key: SessionKey, grant: Grant, copy: { readonly id?: SessionId; readonly at?: number }): Promise<ForkedSession>
  /** The lines of an export, page by page. */
  export(key: SessionKey, reader: Reader): Promise<AsyncGenerator<readonly string[]>>
  /** Keeps content beside the log of a session. The same content is there once. */
  putBlob(key: SessionKey, blob: Blob): Promise<PutBlob>
  /** Rejects with `not_found` where there is none. */
  getBlob(key: SessionKey, id: string): Promise<Blob>
  search(grant: Grant, options: SearchOptions): Promise<FoundPage>
  inbox(grant: Grant, options: InboxOptions): Promise<InboxPage>
}

export type ForkedSession = Forked & { readonly id: SessionId; readonly from: SessionId }

export interface HistoryOptions {
  readonly store: Store
  readonly clock: Clock
  readonly limits?: SessionLimits
  readonly turns: Turns
  /** Rejects with `session_not_found` where there is none. */
  readonly room: (key: SessionKey) => Promise<Room>
  /** Lets go of a room that was opened before there was a session. */
  readonly forget: (key: SessionKey) => Promise<Room>
}

export function createHistory({ store, clock, limits, turns, room, forget }: HistoryOptions): History {
  /** What was redacted must not come back from the past: it is taken out first. */
  async function clean(key: SessionKey): Promise<Room> {
    const found = await room(key)
    if (found.state.guard.erasing.length > 0) await turns.take(key, () => eraseRedacted(store, found))
    return found
  }

  async function copy(key: SessionKey, target: SessionKey, grant: Grant, at: number | undefined): Promise<Forked> {
    const { session: from } = splitKey(key)
    const there = await forget(target)
    if (there.head > 0) return sameFork(there.state.view, from, at)
    try {
      for (;;) {
        const source = await clean(key)
        const options = { store, clock, source, target, grant, ...(limits && { limits }) }
        const forked = await forkSession({ ...options, ...(at !== undefined && { at }) })
        if (forked) return forked
      }
    } catch (thrown) {
      if (!isTaken(thrown)) throw thrown
      return sameFork((await forget(target)).state.view, from, at)
    } finally {
      await forget(target)
    }
  }

  return {
    async compact(key, before) {
      // Nothing is dropped while something is being erased.
      const found = await clean(key)
      return turns.take(key, () => compactSession(store, found, before))
    },

    async viewAt(key, when) {
      const found = await clean(key)
      const { view } = found.state
      const seq = 'seq' in when ? when.seq : await seqOfTime(store, found, when.time)
      if (seq > view.seq) {
        const text = `at is ${seq}, but the log of ${view.id} ends at ${view.seq}. Name an event from 1 to ${view.seq}.`
        throw new HeadraceError('bad_request', text, { detail: { path: 'query.at', at: seq, head: view.seq } })
      }
      return seq === view.seq ? view : (await stateAt(store, key, seq)).view
    },

    async fork(key, grant, { id = randomUUID(), at }) {
      await room(key)
      const { tenant, session: from } = splitKey(key)
      const target = sessionKey(tenant, id)
      const forked = await copy(key, target, grant, at)
      // Also by a retry, where it was cut short.
      if ((await store.blobs(key)).length > 0)
        await copyBlobs(store, key, target, await namedBlobs(store, await room(target)))
      return { ...forked, id, from }
    },

    async export(key, reader) {
      return exportLines(store, await clean(key), reader)
    },

    async putBlob(key, blob) {
      await room(key)
      // Two at once would both fit where only one does.
      return turns.take(key, () => putBlob(store, key, blob))
    },

    async getBlob(key, id) {
      await clean(key)
      const blob = await getBlob(store, key, id)
      if (blob) return blob
      throw new HeadraceError('not_found', `This session has no blob ${id}. It may have been redacted.`)
    },

    search: (grant, options) => searchMessages({ store, room }, grant, options),
    inbox: (grant, options) => readInbox({ store, room }, grant, options),
  }
}

/** @throws HeadraceError `compacted` for a time before the floor, `bad_request` for one before the session */
async function seqOfTime(store: Store, room: Room, time: number): Promise<number> {
  const { view } = room.state
  const seq = await lastSeqAt(store, room.key, room, time)
  if (seq > room.floor) return seq
  if (room.floor === 0) {
    const text = `At ${time} there was no session ${view.id} yet; it begins at ${view.createdAt}.`
    throw new HeadraceError('bad_request', text, { detail: { path: 'query.time', createdAt: view.createdAt } })
  }
  const floor = await stateAt(store, room.key, room.floor)
  if (floor.view.at <= time) return room.floor
  throw belowFloor(view.id, 0, room.floor)
}
