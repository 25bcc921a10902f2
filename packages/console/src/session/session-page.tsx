import { useCursor } from '@headrace/client/react'
import { memo, useEffect, useMemo, useState, type ReactNode } from 'react'
import { useIdentity } from '../access/use-identity.ts'
import { refreshList } from '../sessions/refresh.ts'
import { namesOf } from '../model/people.ts'
import type { FloorPlace } from '@headrace/factory/floor'
import { FloorDock } from '../floor/floor-dock.tsx'
import { LanePanels } from '../floor/lane-panels.tsx'
import { LaneStrip } from '../floor/lane-strip.tsx'
import { useKeptSession } from '../offline/use-kept-session.ts'
import { Announcer } from './announcer.tsx'
import { Composer } from './composer.tsx'
import { Conversation } from './conversation.tsx'
import { DevStrip } from './dev-strip.tsx'
import { QueueBar } from './queue-bar.tsx'
import { RequestBar } from './request-bar.tsx'
import { SessionContext } from './session-context.ts'
import { SessionHeader } from './session-header.tsx'
import { SessionNotes } from './session-notes.tsx'
import { SessionMissing } from './session-missing.tsx'
import { titleOf } from '../model/title.ts'
import { useStopKey } from './use-stop-key.ts'
import { useMay } from './use-may.ts'
import { Watching } from './watching.tsx'
import { WheelBar } from './wheel-bar.tsx'
import { useDocumentTitle } from './use-document-title.ts'
import './session-page.css'

interface Props {
  readonly id: string
  readonly dev: boolean
  readonly narrow: boolean
  /** What it is on a factory floor. */
  readonly place: FloorPlace | undefined
}

/**
 * One session: who is here, what was said, what is being said, and a place to speak. What the shell asks every few seconds,
 * the list and the inbox, changes nothing here.
 */
export const SessionPage: (props: Props) => ReactNode = memo(function SessionPage({
  id,
  dev,
  narrow,
  place: onFloor,
}: Props): ReactNode {
  const { session: snapshot, asOf } = useKeptSession(id)
  const { session, view, messages, status, error } = snapshot
  // What is seen here counts as read, on every device.
  useCursor(id)
  const me = useIdentity()?.actor
  const names = useNames(snapshot.messages, view.presence)
  const may = useMay(id)
  const asks = onFloor === undefined
  const place = useMemo(() => ({ session, me, may, names, asks }), [session, me, may, names, asks])
  const busy = view.runs.some((run) => run.status !== 'ended')
  // Foreman and gate serve everybody on the floor: no key that is pressed in passing ends them.
  useStopKey(session, busy && may.control && (onFloor === undefined || onFloor.part === 'lane'))
  // The list shows the same states: it is asked again when they change here.
  const states = view.runs.map((run) => run.status).join()
  const title = titleOf(view.metadata, id)
  useEffect(refreshList, [states, title, view.archived])
  useDocumentTitle(title, busy)
  const missing = status === 'failed'
  return (
    <SessionContext value={place}>
      <main id="main" className="session" tabIndex={-1} data-status={status} data-testid="session">
        <SessionHeader view={view} narrow={narrow} place={onFloor} time="now" />
        <SessionNotes asOf={asOf} />
        {onFloor?.part === 'lane' && <LaneStrip view={view} floor={onFloor.floor} lane={onFloor.lane} />}
        {missing ? (
          <SessionMissing error={error} />
        ) : (
          <>
            {onFloor?.part === 'lane' ? (
              <LanePanels snapshot={snapshot} onOlder={snapshot.loadOlder} floor={onFloor.floor} lane={onFloor.lane} />
            ) : (
              <Conversation snapshot={snapshot} onOlder={snapshot.loadOlder} />
            )}
            <div className="session-dock">
              <RequestBar runs={view.runs} />
              {asks && <WheelBar />}
              <QueueBar runs={view.runs} messages={messages} />
              {onFloor ? (
                <FloorDock view={view} place={onFloor} />
              ) : may.send || may.post ? (
                <Composer view={view} busy={busy} />
              ) : (
                <Watching />
              )}
            </div>
            {(dev || view.metadata['demo'] === true) && <DevStrip seq={view.seq} />}
            <Announcer />
          </>
        )}
      </main>
    </SessionContext>
  )
})

type Names = ReturnType<typeof namesOf>

/** The names, kept by identity while they stay the same: deltas change neither people nor authors. */
function useNames(...[messages, presence]: Parameters<typeof namesOf>): Names {
  const [known, setKnown] = useState<Names>(() => new Map())
  const now = namesOf(messages, presence)
  if (now.size === known.size && [...now].every(([actor, name]) => known.get(actor) === name)) return known
  setKnown(now)
  return now
}
