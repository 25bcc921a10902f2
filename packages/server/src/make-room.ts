/** Something that is remembered for as long as there is room. */
interface Remembered {
  /** Used since it was last looked at for being forgotten. */
  isRecent: boolean
}

/**
 * Makes room in a map for one more entry: those that came first go, but for those that were used a second round begins.
 * Moving an entry to the end at each use instead would make garbage of the map on hot paths.
 *
 * @param isHeld - what must stay whatever its age; then there may be more than `max`
 */
export function makeRoom<K, V extends Remembered>(
  entries: Map<K, V>,
  max: number,
  isHeld: (entry: V) => boolean = () => false,
): void {
  for (const [key, entry] of entries) {
    if (entries.size < max) return
    if (isHeld(entry)) continue
    entries.delete(key)
    if (!entry.isRecent) continue
    entry.isRecent = false
    entries.set(key, entry)
  }
}
