import type { SessionSnapshot } from '@headrace/client'
import { useHeadrace, useSession } from '@headrace/client/react'
import { isOpen, type Message, type SessionView } from '@headrace/core'
import type { FloorPlace } from '@headrace/factory/floor'
import { memo, useCallback, useEffect, useMemo, useState, type ReactNode } from 'react'
import { useIdentity } from '../access/use-identity.ts'
import { mayNothing } from '../model/may.ts'
import { namesOf } from '../model/people.ts'
import { Coming } from '../offline/coming.tsx'
import { titleOf } from '../model/title.ts'
import { hrefOf } from '../route/route.ts'
import { Conversation } from '../session/conversation.tsx'
import { RequestCard } from '../session/request-card.tsx'
import { callName, SessionContext, type SessionPlace } from '../session/session-context.ts'
import { SessionHeader } from '../session/session-header.tsx'
import { SessionMissing } from '../session/session-missing.tsx'
import { useDocumentTitle } from '../session/use-document-title.ts'
import { text } from '../text.ts'
import { tell } from './landmark.ts'
import { ReplayBar } from './replay-bar.tsx'
import { usePlayer } from './use-player.ts'
import '../session/session-page.css'
import './replay-page.css'

interface Props {
  readonly id: string
  /** Seq of the event after which it is shown. */
  readonly at: number
  readonly narrow: boolean
  readonly place: FloorPlace | undefined
}

/** A session as it was: wound to any event, played, and looked at like the session itself. */
export const ReplayPage: (props: Props) => ReactNode = memo(function ReplayPage({
  id,
  at,
  narrow,
  place: onFloor,
}: Props): ReactNode {
  const now = useSession(id)
  const { session, view, status, error } = now
  const me = useIdentity()?.actor
  const names = useMemo(() => namesOf(now.messages, view.presence), [now.messages, view.presence])
  const place = useMemo<SessionPlace>(
    () => ({ session, me, may: mayNothing, names, asks: false }),
    [session, me, names],
  )
  useDocumentTitle(text.replay.title(titleOf(view.metadata, id)), false)
  return (
    <SessionContext value={place}>
      <main id="main" className="session" tabIndex={-1} data-testid="replay" data-status={status}>
        {status === 'failed' || view.seq === 0 ? (
          <>
            <SessionHeader view={view} narrow={narrow} place={onFloor} time="past" />
            {status === 'failed' ? <SessionMissing error={error} /> : <Coming words={text.replay.loading} />}
          </>
        ) : (
          <Replayed now={view} messages={now.messages} at={at} narrow={narrow} onFloor={onFloor} place={place} />
        )}
      </main>
    </SessionContext>
  )
})

interface ReplayedProps {
  /** The session as it is. */
  readonly now: SessionView
  readonly messages: readonly Message[]
  readonly at: number
  readonly narrow: boolean
  readonly onFloor: FloorPlace | undefined
  readonly place: SessionPlace
}

function Replayed({ now, messages, at, narrow, onFloor, place }: ReplayedProps): ReactNode {
  const [player, state] = usePlayer(place.session, now, at)
  const { moment, seq, playing } = state
  const view = moment?.view ?? now
  const { snapshot, loadOlder } = usePast(view)
  useAddress(now.id, seq, playing)
  const asked = view.requests.filter(isOpen)
  return (
    <>
      <SessionHeader view={view} narrow={narrow} place={onFloor} time="past" />
      {moment ? (
        <Conversation snapshot={snapshot} onOlder={loadOlder} />
      ) : (
        <p className="replay-loading">{state.error?.message ?? text.replay.loading}</p>
      )}
      <div className="session-dock">
        {moment && asked.length > 0 && (
          <section className="requests" aria-label={text.replay.askedThen}>
            {asked.map((request) => (
              <RequestCard
                key={request.id}
                request={request}
                agent={view.runs.find(({ id }) => id === request.run)?.agent ?? ''}
              />
            ))}
          </section>
        )}
        <ReplayBar
          player={player}
          state={state}
          now={now}
          messages={messages}
          told={moment ? tell(moment.event, view, (actor) => callName(place, actor)) : text.replay.loading}
        />
      </div>
    </>
  )
}

interface Past {
  readonly snapshot: SessionSnapshot
  readonly loadOlder: (limit?: number) => Promise<void>
}

/** A view as a snapshot that a conversation can show, with the older messages that somebody has loaded. */
function usePast(view: SessionView): Past {
  const client = useHeadrace()
  const [older, setOlder] = useState<readonly Message[]>([])
  const messages = useMemo(() => {
    const hot = new Set(view.messages.map(({ id }) => id))
    const before = older.filter((message) => message.seq <= view.seq && !hot.has(message.id))
    return before.length === 0 ? view.messages : [...before, ...view.messages].toSorted((a, b) => a.seq - b.seq)
  }, [older, view])
  const first = messages[0]?.seq ?? view.seq
  const loadOlder = useCallback(
    async (limit?: number) => {
      const page = await client.messages(view.id, { before: first, ...(limit !== undefined && { limit }) })
      setOlder((known) => {
        const ids = new Set(known.map(({ id }) => id))
        return [...page.messages.filter(({ id }) => !ids.has(id)), ...known]
      })
    },
    [client, view.id, first],
  )
  const hasOlder = view.older > messages.length - view.messages.length
  return { snapshot: { view, messages, hasOlder, status: 'live', pending: [] }, loadOlder }
}

const settleMs = 250

/** Keeps the address at what is shown, so that it can be copied and comes back after a reload. Not while it plays. */
function useAddress(session: string, seq: number, playing: boolean): void {
  useEffect(() => {
    if (playing) return
    const timer = setTimeout(() => history.replaceState(history.state, '', hrefOf(session, { at: seq })), settleMs)
    return () => clearTimeout(timer)
  }, [session, seq, playing])
}
