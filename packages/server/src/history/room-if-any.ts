import { HeadraceError, type SessionKey } from '@headrace/core'
import type { Room } from '../room.ts'

/** The room of a session that was found a moment ago; `undefined` where it was removed since. */
export async function roomIfAny(room: (key: SessionKey) => Promise<Room>, key: SessionKey): Promise<Room | undefined> {
  try {
    return await room(key)
  } catch (thrown) {
    if (thrown instanceof HeadraceError && thrown.code === 'session_not_found') return undefined
    throw thrown
  }
}
