import { floorSessions, type Task } from '@headrace/factory/floor'
import { useMemo, useState, type ReactNode } from 'react'
import { useIdentity } from '../access/use-identity.ts'
import { boardOf, readFloor } from '../model/floor-board.ts'
import { withMoves } from '../model/with-moves.ts'
import { mergeQueue } from '../model/merge-queue.ts'
import { namesOf } from '../model/people.ts'
import { hrefOf } from '../route/route.ts'
import { Coming } from '../offline/coming.tsx'
import { OfflineNote } from '../offline/offline-note.tsx'
import { useKeptSession } from '../offline/use-kept-session.ts'
import { Connection } from '../session/connection.tsx'
import { People } from '../session/people.tsx'
import { SessionContext } from '../session/session-context.ts'
import { useDocumentTitle } from '../session/use-document-title.ts'
import { useMay } from '../session/use-may.ts'
import { text } from '../text.ts'
import { Coded } from '../ui/coded.tsx'
import { Icon } from '../ui/icon.tsx'
import { useNow } from '../ui/use-now.ts'
import { Backlog, NeedsPerson } from './backlog.tsx'
import { Board } from './board.tsx'
import { DeskAnswer } from './desk-answer.tsx'
import { FloorContext } from './floor-context.ts'
import { FloorControls } from './floor-controls.tsx'
import { GateQueue } from './gate-queue.tsx'
import { FloorMissing } from './floor-missing.tsx'
import { FloorRequests } from './floor-requests.tsx'
import { LanesSection } from './lanes-section.tsx'
import { Shelf } from './shelf.tsx'
import { RejectDialog } from './reject-dialog.tsx'
import { useDesk } from './use-desk.ts'
import '../session/session-header.css'
import '../ui/page.css'
import './floor-page.css'

/** How often it is planned anew what begins next, where nothing has changed: hundreds of tasks take their time. */
const planMs = 5_000

export interface FloorViewProps {
  readonly id: string
  /** The floor's name. */
  readonly name: string
  readonly narrow: boolean
}

/** A factory floor: its lanes at work, what waits and why, what needs a person, and what the gate says. */
export function FloorView({ id, name, narrow }: FloorViewProps): ReactNode {
  const {
    session: { session, view, status, error },
    asOf,
  } = useKeptSession(id)
  const sessions = useMemo(() => floorSessions(name), [name])
  const merge = useKeptSession(sessions.merge, { present: false }).session.view
  const me = useIdentity()?.actor
  const may = useMay(id)
  const desk = useDesk(session)
  const now = useNow()
  // Held here: the task may change its place on the page while somebody writes why.
  const [rejecting, reject] = useState<Task>()
  const told = useMemo(() => readFloor(view.document.value), [view.document.value])
  // A card that was put elsewhere stands there at once, by the rule that the floor itself goes by.
  const floor = useMemo(() => withMoves(told, desk.pending), [told, desk.pending])
  const planned = Math.floor(now / planMs) * planMs
  const board = useMemo(() => boardOf(floor, planned), [floor, planned])
  const gate = useMemo(() => mergeQueue(merge), [merge])
  const attended = view.runs.some(({ agent, status: state }) => agent === sessions.crew.foreman && state === 'active')
  const place = useMemo(
    () => ({ session, me, may, names: namesOf([], view.presence), asks: false }),
    [session, me, may, view.presence],
  )
  const context = useMemo(() => ({ sessions, ask: desk.ask, reject, may, me }), [sessions, desk.ask, may, me])
  useDocumentTitle(text.floor.title(name), board.working.length > 0)
  return (
    <SessionContext value={place}>
      <FloorContext value={context}>
        <main id="main" className="page" tabIndex={-1} data-testid="floor" data-status={status} data-mode={floor.mode}>
          <header className="session-header">
            {narrow && (
              <a className="session-back" href="#/" aria-label={text.session.back}>
                <Icon name="back" />
              </a>
            )}
            <div className="session-names">
              <h1 className="session-title">
                <bdi>{text.floor.title(name)}</bdi>
              </h1>
              <p className="session-doing">
                {view.seq > 0 && text.floor.counts(board.working.length, board.ready.length, board.needsPerson.length)}
              </p>
            </div>
            {view.seq > 0 && (
              <a
                className="session-tool"
                href={hrefOf(id, { ledger: true })}
                aria-label={text.ledger.open}
                title={text.ledger.open}
              >
                <Icon name="chart" />
              </a>
            )}
            {view.seq > 0 && <People view={view} />}
            <Connection />
          </header>
          {status === 'failed' ? (
            <FloorMissing name={name} error={error} />
          ) : view.seq === 0 ? (
            <Coming words={text.floor.loading} />
          ) : (
            <div className="page-scroll">
              <div className="floor-content">
                {asOf !== undefined && <OfflineNote asOf={asOf} lead={text.offline.floorLead} />}
                <FloorControls floor={floor} />
                <DeskAnswer desk={desk} attended={attended} />
                {!attended && asOf === undefined && <Unattended />}
                <div className="visually-hidden" aria-live="polite">
                  {board.needsPerson.length > 0 && text.floor.needCount(board.needsPerson.length)}
                </div>
                <FloorRequests lanes={board.lanes} />
                <NeedsPerson tasks={board.needsPerson} />
                <LanesSection lanes={board.lanes} floor={floor} atGate={gate.attempts} attended={attended} now={now} />
                <Board board={board} />
                <div className="floor-columns">
                  <Backlog board={board} />
                  <GateQueue queue={gate} now={now} />
                </div>
                <Shelf floor={floor} />
                <p className="floor-log">
                  <a href={hrefOf(id, { log: true })}>{text.floor.log}</a>
                </p>
              </div>
            </div>
          )}
        </main>
        {rejecting && <RejectDialog task={rejecting} onClose={() => reject(undefined)} />}
      </FloorContext>
    </SessionContext>
  )
}

/** Nobody holds the foreman's run, so nothing begins and nothing is answered. */
function Unattended(): ReactNode {
  return (
    <div className="floor-unattended" data-testid="floor-unattended">
      <p className="floor-unattended-title">{text.floor.unattended}</p>
      <p>
        <Coded words={text.floor.unattendedLead} />
      </p>
    </div>
  )
}
