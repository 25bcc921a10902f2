import { endMarked } from '../process/marked.ts'
import type { Attempt } from './attempt.ts'
import type { Clones } from './create-clones.ts'

/**
 * A fresh clone for an attempt, or the one that whoever had the attempt before was still making, with nothing running in it.
 *
 * @throws FactoryError as {@link Clones.start}
 */
export async function startOrTakeOver(
  clones: Pick<Clones, 'start' | 'find'>,
  attempt: Parameters<Clones['start']>[0],
): Promise<Attempt> {
  try {
    return await clones.start(attempt)
  } catch (thrown) {
    const theirs = await clones.find(attempt.id)
    if (!theirs) throw thrown
    await endMarked(theirs.marker)
    return theirs
  }
}
