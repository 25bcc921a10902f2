import type { SessionRow } from '@headrace/core'
import { floorPlace } from '@headrace/factory/floor'
import { useState } from 'react'

/** The floors that the list has shown: also while it is narrowed to other sessions. */
export function useFloors(rows: readonly SessionRow[] | undefined): readonly string[] {
  const [floors, setFloors] = useState<readonly string[]>([])
  const fresh = (rows ?? []).filter(
    ({ id, archived }) => !archived && floorPlace(id)?.part === 'floor' && !floors.includes(id),
  )
  if (fresh.length > 0) setFloors([...floors, ...fresh.map(({ id }) => id)])
  return floors
}
