import type { CommandBody, SessionId } from '@headrace/core'

/** A command that was not answered yet, as it is kept. Plain JSON. */
export interface StoredCommand {
  readonly id: string
  readonly session: SessionId
  readonly body: CommandBody
  /** When it was asked for, milliseconds since 1970. */
  readonly at: number
}

/**
 * Where commands wait that have no answer yet, so that they survive the page. They are sent again with their ids, so it
 * does no harm that one was applied already, or that two pages of the same person send it.
 *
 * What is in it is sent in the name of whoever connects: give each person a storage of their own.
 */
export interface OutboxStorage {
  /** All that is kept, in the order it was saved. Called once, at the start; nothing is sent before. */
  load(): readonly StoredCommand[] | Promise<readonly StoredCommand[]>
  save(command: StoredCommand): void | Promise<void>
  /** It has its answer. */
  remove(id: string): void | Promise<void>
}
