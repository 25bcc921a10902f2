import { useCallback, useState } from 'react'

/** How many tasks of all floors wait, as each of them says. */
export function useFloorCounts(): {
  readonly tasks: number
  readonly onCount: (session: string, count: number) => void
} {
  const [counts, setCounts] = useState<ReadonlyMap<string, number>>(new Map())
  const onCount = useCallback((session: string, count: number) => {
    setCounts((before) => ((before.get(session) ?? 0) === count ? before : new Map(before).set(session, count)))
  }, [])
  return { tasks: [...counts.values()].reduce((sum, count) => sum + count, 0), onCount }
}
