import { HeadraceError, type SessionView } from '@headrace/core'
import type { Session } from '@headrace/client'
import { floorOf, type FloorDocument } from '../floor/floor-document.ts'
import { floorPatch } from './floor-patch.ts'

/**
 * Changes the floor if it still is what was looked at, and looks again otherwise, so that two who change it at the same
 * moment both count.
 *
 * @param change - the floor as it is to be; the very same to leave it
 * @param isCurrent - whether what is seen is new enough to go by: what is left as it is meets no check of its version
 * @returns whether it was changed
 */
export async function changeFloor(
  session: Session,
  change: (floor: FloorDocument) => FloorDocument,
  signal: AbortSignal,
  isCurrent: (view: SessionView) => boolean = () => true,
): Promise<boolean> {
  for (;;) {
    const { view } = await session.until((seen) => seen.status === 'live' && isCurrent(seen.view), { signal })
    const { version, value } = view.document
    const floor = floorOf(value)
    const next = change(floor)
    if (next === floor) return false
    const ops = floorPatch(value, next)
    if (ops.length === 0) return false
    try {
      await session.patch(ops, { version })
      return true
    } catch (thrown) {
      if (!(thrown instanceof HeadraceError) || thrown.code !== 'version_conflict') throw thrown
      await session.until((snapshot) => snapshot.view.document.version > version, { signal })
    }
  }
}
