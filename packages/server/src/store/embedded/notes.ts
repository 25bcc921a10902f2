/** Notes of what must go on after a crash. A note is written with the first step and deleted with the last. */
import type { SessionKey } from '@headrace/core'
import type { Op } from './engine.ts'
import { notedSession, type KeyRange } from './keys.ts'
import { seal } from './seal.ts'
import type { Slot } from './slot.ts'

export interface Steps {
  readonly slot: Slot
  /** Writes one batch, all or nothing. */
  readonly commit: (ops: readonly Op[]) => Promise<void>
}

export function note(key: string): Op {
  return { type: 'put', key, value: seal(key, '') }
}

/** The sessions that have a note. */
export async function readNotes(slot: Slot, range: KeyRange): Promise<SessionKey[]> {
  const keys: SessionKey[] = []
  await slot.read((reader) => reader.scan({ range, limit: Infinity }, (found) => void keys.push(notedSession(found))))
  return keys
}
