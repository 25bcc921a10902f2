/** How everything but an append writes to a session: it holds the session meanwhile, and stops when it is purged. */
import { HeadraceError } from '@headrace/core'
import type { SessionKey } from '@headrace/core'
import type { Op } from './engine.ts'
import type { Session, Sessions } from './sessions.ts'
import type { Write, Writer } from './writer.ts'

/** A session that stays in memory, and what it was when that began. */
export interface HeldSession {
  readonly session: Session
  readonly generation: number
}

export interface SessionWrites {
  /** Runs a task while the session stays in memory. */
  hold<T>(key: SessionKey, task: (held: HeldSession) => Promise<T>): Promise<T>
  /**
   * The same for tasks that go on over several writes: one at a time of each session, and not while writing fails.
   *
   * @throws HeadraceError `session_not_found`
   */
  inTurn<T>(key: SessionKey, task: (held: HeldSession) => Promise<T>): Promise<T>
  /**
   * Queues a write, and resolves when it is durable.
   *
   * @throws HeadraceError `session_not_found` when the session was purged since it was held
   */
  write(held: HeldSession, ops: readonly Op[], hooks?: WriteHooks): Promise<void>
}

export interface WriteHooks {
  readonly prepare?: Write['prepare']
  /** Called when the write is queued: from here on the session must say what it will be. */
  readonly queued?: () => void
  /** Called when the write is durable, before anybody else can run. */
  readonly done?: () => void
}

/** @param assertOpen - throws when the store is closed */
export function createSessionWrites(sessions: Sessions, writer: Writer, assertOpen: () => void): SessionWrites {
  /** The last task of each session that has one. */
  const turns = new Map<SessionKey, Promise<unknown>>()

  async function hold<T>(key: SessionKey, task: (held: HeldSession) => Promise<T>): Promise<T> {
    const session = await new Promise<Session>((resolve, reject) => {
      const begin = (found: Session): void => {
        sessions.begin(found)
        resolve(found)
      }
      sessions.use(key, begin, reject)
    })
    try {
      return await task({ session, generation: session.generation })
    } finally {
      sessions.end(session)
    }
  }

  async function takeTurn<T>(key: SessionKey, task: (held: HeldSession) => Promise<T>): Promise<T> {
    assertOpen()
    if (writer.failing !== undefined) await writer.recover()
    return hold(key, async (held) => {
      if (held.session.durable === 0 || held.session.purging > 0) throw notFound(key)
      return task(held)
    })
  }

  return {
    hold,

    async inTurn(key, task) {
      const before = turns.get(key) ?? Promise.resolve()
      // Whether the one before failed is not for this one.
      const turn = before.catch(() => undefined).then(() => takeTurn(key, task))
      turns.set(key, turn)
      try {
        return await turn
      } finally {
        if (turns.get(key) === turn) turns.delete(key)
      }
    },

    async write({ session, generation }, ops, { prepare, queued, done } = {}) {
      assertOpen()
      const refusal = writer.failing ?? writer.admit(ops)
      if (refusal !== undefined) throw refusal
      if (session.isStale) throw new HeadraceError('store_unavailable', `${session.key} is looked up again. Try again.`)
      if (session.purging > 0 || session.generation !== generation) throw notFound(session.key)
      await new Promise<void>((resolve, reject) => {
        const resolveDone = (): void => {
          done?.()
          resolve()
        }
        writer.submit({ session, ops, prepare, resolve: resolveDone, reject })
        queued?.()
      })
    },
  }
}

function notFound(key: SessionKey): HeadraceError {
  return new HeadraceError('session_not_found', `There is no session ${key}; it may have been purged.`)
}
