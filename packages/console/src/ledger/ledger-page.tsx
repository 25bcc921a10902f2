import { floorSessions, type FloorDocument, type FloorSessions, type Task } from '@headrace/factory/floor'
import { useMemo, useState, type ReactNode } from 'react'
import { useIdentity } from '../access/use-identity.ts'
import { DeskAnswer } from '../floor/desk-answer.tsx'
import { FloorContext } from '../floor/floor-context.ts'
import { FloorMissing } from '../floor/floor-missing.tsx'
import { RejectDialog } from '../floor/reject-dialog.tsx'
import { useDesk } from '../floor/use-desk.ts'
import { readFloor } from '../model/floor-board.ts'
import { hrefOf, type LedgerSide } from '../route/route.ts'
import { useRoute } from '../route/use-route.ts'
import { Coming } from '../offline/coming.tsx'
import { OfflineNote } from '../offline/offline-note.tsx'
import { useKeptSession } from '../offline/use-kept-session.ts'
import { Connection } from '../session/connection.tsx'
import { useDocumentTitle } from '../session/use-document-title.ts'
import { useMay } from '../session/use-may.ts'
import { text } from '../text.ts'
import { Empty } from '../ui/empty.tsx'
import { Icon } from '../ui/icon.tsx'
import { useNow } from '../ui/use-now.ts'
import { DaySide } from './day-side.tsx'
import { JudgementSide } from './judgement-side.tsx'
import { NumbersSide } from './numbers-side.tsx'
import { SkillsSide } from './skills-side.tsx'
import '../session/session-header.css'
import '../ui/cards.css'
import '../ui/page.css'
import './ledger-page.css'

interface Props {
  readonly id: string
  /** The floor's name. */
  readonly name: string
}

const minuteMs = 60_000
const sides: readonly (LedgerSide | undefined)[] = [undefined, 'day', 'skills', 'judgement']

/** What a floor has done, what that cost, and what was learned and judged. */
export function LedgerPage({ id, name }: Props): ReactNode {
  const {
    session: { session, view, status, error },
    asOf,
  } = useKeptSession(id, { present: false })
  const sessions = useMemo(() => floorSessions(name), [name])
  const floor = useMemo(() => readFloor(view.document.value), [view.document.value])
  const route = useRoute()
  const side = route.page === 'session' ? route.side : undefined
  // Finer than a minute nothing here is.
  const now = Math.floor(useNow() / minuteMs) * minuteMs + minuteMs
  const me = useIdentity()?.actor
  const may = useMay(id)
  const desk = useDesk(session)
  const [rejecting, reject] = useState<Task>()
  const context = useMemo(() => ({ sessions, ask: desk.ask, reject, may, me }), [sessions, desk.ask, may, me])
  const attempts = useMemo(
    () => Object.values(floor.tasks).reduce((sum, task) => sum + task.attempts.length, 0),
    [floor],
  )
  const attended = view.runs.some(({ agent, status: state }) => agent === sessions.crew.foreman && state === 'active')
  useDocumentTitle(text.ledger.titleOf(name), false)
  return (
    <FloorContext value={context}>
      <main id="main" className="page" tabIndex={-1} data-testid="ledger" data-status={status} data-side={side}>
        <header className="session-header">
          <a className="session-back" href={hrefOf(id)} aria-label={text.lane.ofFloor(name)}>
            <Icon name="back" />
          </a>
          <div className="session-names">
            <h1 className="session-title">
              <bdi>{text.ledger.titleOf(name)}</bdi>
            </h1>
            <p className="session-doing">{view.seq > 0 && text.ledger.attempts(attempts)}</p>
          </div>
          <Connection />
        </header>
        <div className="page-scroll">
          <div className="ledger-content">
            <nav className="ledger-sides" aria-label={text.ledger.sides}>
              {sides.map((each) => (
                <a
                  key={each ?? ''}
                  className="ledger-side"
                  href={hrefOf(id, { ledger: each ?? true })}
                  aria-current={each === side ? 'page' : undefined}
                >
                  {text.ledger.sideNames[each ?? 'numbers']}
                </a>
              ))}
            </nav>
            {asOf !== undefined && <OfflineNote asOf={asOf} lead={text.offline.floorLead} />}
            <DeskAnswer desk={desk} attended={attended} />
            {status === 'failed' ? (
              <FloorMissing name={name} error={error} />
            ) : view.seq === 0 ? (
              <Coming words={text.ledger.loading} />
            ) : (
              <Side side={side} floor={floor} sessions={sessions} now={now} isEmpty={attempts === 0} />
            )}
          </div>
        </div>
      </main>
      {rejecting && <RejectDialog task={rejecting} onClose={() => reject(undefined)} />}
    </FloorContext>
  )
}

interface SideProps {
  readonly side: LedgerSide | undefined
  readonly floor: FloorDocument
  readonly sessions: FloorSessions
  readonly now: number
  /** Nothing was tried yet. */
  readonly isEmpty: boolean
}

function Side({ side, floor, sessions, now, isEmpty }: SideProps): ReactNode {
  switch (side) {
    case undefined:
      // What is under way has used something already.
      return isEmpty && Object.values(floor.tasks).every(({ state }) => state.status !== 'working') ? (
        <Empty title={text.ledger.none} lead={text.ledger.noneLead} />
      ) : (
        <NumbersSide floor={floor} sessions={sessions} now={now} />
      )
    case 'day':
      return <DaySide floor={floor} now={now} />
    case 'skills':
      return <SkillsSide floor={floor} sessions={sessions} />
    case 'judgement':
      return <JudgementSide floor={floor} sessions={sessions} />
    default:
      return side satisfies never
  }
}
