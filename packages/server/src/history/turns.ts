import type { SessionKey } from '@headrace/core'

/** Runs tasks of a session one after another. Those of different sessions don't wait for each other. */
export interface Turns {
  take<T>(key: SessionKey, task: () => Promise<T>): Promise<T>
  /** Resolves when nothing is under way. */
  settled(): Promise<void>
}

export function createTurns(): Turns {
  const last = new Map<SessionKey, Promise<unknown>>()
  return {
    async take(key, task) {
      const before = last.get(key) ?? Promise.resolve()
      // Whether the one before failed is not for this one.
      const turn = before.catch(() => undefined).then(task)
      last.set(key, turn)
      try {
        return await turn
      } finally {
        if (last.get(key) === turn) last.delete(key)
      }
    },
    async settled() {
      while (last.size > 0) await Promise.allSettled(last.values())
    },
  }
}
