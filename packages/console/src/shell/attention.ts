/** How many things want something of the reader: before the page's title, and on the icon of the installed page. */
let count = 0
const listeners = new Set<() => void>()

export const attention = {
  get: (): number => count,
  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
  set(next: number): void {
    if (next === count) return
    count = next
    // Refused where the page is not installed.
    if ('setAppBadge' in navigator) (next > 0 ? navigator.setAppBadge(next) : navigator.clearAppBadge()).catch(() => {})
    for (const listener of listeners) listener()
  },
}
