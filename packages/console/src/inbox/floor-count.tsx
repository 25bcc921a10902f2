import { useSession } from '@headrace/client/react'
import { needsPerson } from '@headrace/factory/floor'
import { useEffect, useMemo } from 'react'
import { readFloor } from '../model/floor-board.ts'

interface Props {
  /** Of the floor. */
  readonly session: string
  /** Called with how many of its tasks wait for a person, and with 0 when this goes. */
  readonly onCount: (session: string, count: number) => void
}

/** Follows a floor for how much waits there. Draws nothing. */
export function FloorCount({ session, onCount }: Props): null {
  const { view } = useSession(session)
  const count = useMemo(() => needsPerson(readFloor(view.document.value)).length, [view.document.value])
  useEffect(() => {
    onCount(session, count)
    return () => onCount(session, 0)
  }, [session, count, onCount])
  return null
}
