/**
 * Commands of this client that the session does not show yet. One leaves when its event has come, or when it was
 * answered and no event will come. The two can arrive in either order, and a message must never be shown twice or
 * disappear for a moment between them.
 */
import type { Actor, SessionEvent } from '@headrace/core'
import type { Accepted } from '../outbox.ts'
import type { PendingCommand } from './session.ts'

interface Entry {
  readonly command: PendingCommand
  /** Seq of its last event, once answered. */
  seq?: number
}

export class PendingCommands {
  readonly #entries = new Map<string, Entry>()
  #all: readonly PendingCommand[] | undefined

  /** In the order they were added. The same array until that changes. */
  get all(): readonly PendingCommand[] {
    this.#all ??= Array.from(this.#entries.values(), ({ command }) => command)
    return this.#all
  }

  get size(): number {
    return this.#entries.size
  }

  add(command: PendingCommand): void {
    this.#entries.set(command.id, { command })
    this.#all = undefined
  }

  remove(id: string): void {
    if (this.#entries.delete(id)) this.#all = undefined
  }

  /** @param seen - seq that the reader has seen, or `undefined` if it follows nothing */
  answered(id: string, { outcome, seq }: Accepted, seen: number | undefined): void {
    const entry = this.#entries.get(id)
    if (!entry) return
    if (outcome === 'noop' || seen === undefined || seq <= seen) this.remove(id)
    else entry.seq = seq
  }

  /** An event was applied. Ids are unique per sender only. */
  applied({ cmd, actor }: SessionEvent, self: Actor | undefined): void {
    if (cmd !== undefined && actor === self) this.remove(cmd)
  }

  /** The reader has seen everything up to here, or follows no longer. */
  seen(seq: number | undefined): void {
    for (const [id, entry] of this.#entries) {
      if (entry.seq !== undefined && (seq === undefined || entry.seq <= seq)) this.remove(id)
    }
  }
}
