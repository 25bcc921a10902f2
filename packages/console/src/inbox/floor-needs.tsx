import { useSession } from '@headrace/client/react'
import { crewOf, floorSessions, type Task } from '@headrace/factory/floor'
import { useMemo, useState, type ReactNode } from 'react'
import { useIdentity } from '../access/use-identity.ts'
import { NeedsPerson } from '../floor/backlog.tsx'
import { DeskAnswer } from '../floor/desk-answer.tsx'
import { FloorContext } from '../floor/floor-context.ts'
import { RejectDialog } from '../floor/reject-dialog.tsx'
import { useDesk } from '../floor/use-desk.ts'
import { needsOf, readFloor } from '../model/floor-board.ts'
import { hrefOf } from '../route/route.ts'
import { useMay } from '../session/use-may.ts'
import { text } from '../text.ts'
import '../floor/floor-page.css'

interface Props {
  /** Of the floor. */
  readonly session: string
  /** The floor's name. */
  readonly name: string
}

/** Tasks of a floor that go no further without a person, settled without going there. Absent when there is none. */
export function FloorNeeds({ session: id, name }: Props): ReactNode {
  const { session, view } = useSession(id)
  const me = useIdentity()?.actor
  const may = useMay(id)
  const desk = useDesk(session)
  const [rejecting, reject] = useState<Task>()
  const tasks = useMemo(() => needsOf(readFloor(view.document.value)), [view.document.value])
  const context = useMemo(
    () => ({ sessions: floorSessions(name), ask: desk.ask, reject, may, me }),
    [name, desk.ask, may, me],
  )
  if (tasks.length === 0 && !desk.asked) return null
  const foreman = crewOf(id)?.foreman
  const attended = view.runs.some(({ agent, status }) => agent === foreman && status === 'active')
  return (
    <FloorContext value={context}>
      <div className="inbox-floor" data-testid="inbox-floor" data-session={id}>
        <p className="inbox-head">
          <a className="inbox-title" href={hrefOf(id)}>
            {text.floor.title(name)}
          </a>
        </p>
        <NeedsPerson tasks={tasks} />
        <DeskAnswer desk={desk} attended={attended} />
      </div>
      {rejecting && <RejectDialog task={rejecting} onClose={() => reject(undefined)} />}
    </FloorContext>
  )
}
