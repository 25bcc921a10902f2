import type { SessionId } from '@headrace/core'
import { useSession } from '@headrace/client/react'
import { useMemo, type ReactNode } from 'react'
import { namesOf } from '../model/people.ts'
import { RequestBar } from '../session/request-bar.tsx'
import { SessionContext } from '../session/session-context.ts'
import { useMay } from '../session/use-may.ts'
import { useFloorPlace } from './floor-context.ts'

interface Props {
  readonly session: SessionId
  /** What it is called on the floor. */
  readonly name: string
}

/** What agents ask in another session of the floor, to be answered here. */
export function PlaceRequests({ session: id, name }: Props): ReactNode {
  const { session, view } = useSession(id)
  const { me } = useFloorPlace()
  const may = useMay(id)
  const names = useMemo(() => namesOf([], view.presence), [view.presence])
  const place = useMemo(() => ({ session, me, may, names, asks: false }), [session, me, may, names])
  return (
    <SessionContext value={place}>
      <RequestBar runs={view.runs} place={name} />
    </SessionContext>
  )
}
