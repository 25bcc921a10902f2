import { useConnection, useHeadrace, useSession } from '@headrace/client/react'
import { HeadraceError, type SessionView } from '@headrace/core'
import { useId, useMemo, useState, useSyncExternalStore, type FormEvent, type ReactNode } from 'react'
import { slowness } from '../access/slow-socket.ts'
import { useIdentity } from '../access/use-identity.ts'
import { CodeBlock } from '../markdown/code-block.tsx'
import { oneLine } from '../model/json-text.ts'
import { namesOf } from '../model/people.ts'
import { momentOfDay } from '../model/time.ts'
import { titleOf } from '../model/title.ts'
import { hrefOf } from '../route/route.ts'
import { Coming } from '../offline/coming.tsx'
import { Connection } from '../session/connection.tsx'
import { DevStrip } from '../session/dev-strip.tsx'
import { SessionContext } from '../session/session-context.ts'
import { useDocumentTitle } from '../session/use-document-title.ts'
import { useMay } from '../session/use-may.ts'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { Icon } from '../ui/icon.tsx'
import { useLog } from './use-log.ts'
import '../session/session-header.css'
import '../ui/field.css'
import '../ui/page.css'
import './inspector-page.css'

/** A session as a developer wants it: its events as they are, its state at any of them, and the connection, to be broken. */
export function InspectorPage({ id }: { readonly id: string }): ReactNode {
  const { session, view, messages, status, error } = useSession(id)
  const me = useIdentity()?.actor
  const may = useMay(id)
  const names = useMemo(() => namesOf(messages, view.presence), [messages, view.presence])
  const place = useMemo(() => ({ session, me, may, names, asks: false }), [session, me, may, names])
  const title = text.inspector.titleOf(titleOf(view.metadata, id))
  useDocumentTitle(title, false)
  return (
    <SessionContext value={place}>
      <main id="main" className="page inspector" tabIndex={-1} data-testid="inspector" data-status={status}>
        <header className="session-header">
          <a className="session-back" href={hrefOf(id)} aria-label={text.inspector.back}>
            <Icon name="back" />
          </a>
          <div className="session-names">
            <h1 className="session-title">
              <bdi>{title}</bdi>
            </h1>
            <p className="session-doing">
              <code>{id}</code>
            </p>
          </div>
          <Connection />
        </header>
        {status === 'failed' && <Empty title={text.session.failed} lead={error?.message ?? ''} />}
        {status !== 'failed' && (view.seq > 0 ? <Inspected view={view} /> : <Coming words={text.session.loading} />)}
        <DevStrip seq={view.seq} />
      </main>
    </SessionContext>
  )
}

function Inspected({ view }: { readonly view: SessionView }): ReactNode {
  return (
    <div className="page-scroll">
      <div className="inspector-content">
        <Wire />
        <StateAt session={view.id} head={view.seq} />
        <Events view={view} />
      </div>
    </div>
  )
}

const delaysMs = [0, 300, 2_000] as const

/** What the page knows of its connection, how long an answer takes, and how slow it is to be. */
function Wire(): ReactNode {
  const client = useHeadrace()
  const status = useConnection()
  const delay = useSyncExternalStore(slowness.subscribe, slowness.get)
  const [trip, setTrip] = useState<number>()
  const measure = async (): Promise<void> => {
    const began = performance.now()
    await client.me().catch(() => undefined)
    setTrip(performance.now() - began)
  }
  return (
    <section className="inspector-part" aria-label={text.inspector.wire}>
      <dl className="inspector-facts">
        <div>
          <dt>{text.inspector.state}</dt>
          <dd>{status.state}</dd>
        </div>
        {status.state === 'online' && (
          <>
            <div>
              <dt>{text.inspector.node}</dt>
              <dd>{status.node}</dd>
            </div>
            <div>
              <dt>{text.inspector.actor}</dt>
              <dd>{status.actor}</dd>
            </div>
          </>
        )}
        {trip !== undefined && (
          <div>
            <dt>{text.inspector.trip}</dt>
            <dd data-testid="trip">{text.inspector.ms(trip)}</dd>
          </div>
        )}
      </dl>
      <div className="inspector-row">
        <Button size="small" onClick={() => void measure()}>
          {text.inspector.measure}
        </Button>
        <label className="inspector-slow">
          {text.inspector.slow}{' '}
          <select value={delay} onChange={(event) => slowness.set(Number(event.target.value))}>
            {delaysMs.map((each) => (
              <option key={each} value={each}>
                {text.inspector.slower(each)}
              </option>
            ))}
          </select>
        </label>
      </div>
    </section>
  )
}

interface StateProps {
  readonly session: string
  readonly head: number
}

/** The view as the server has it after an event. */
function StateAt({ session, head }: StateProps): ReactNode {
  const client = useHeadrace()
  const field = useId()
  const [seq, setSeq] = useState('')
  const [view, setView] = useState<SessionView>()
  const [refused, setRefused] = useState<string>()
  const at = Number(seq)
  const isGood = Number.isSafeInteger(at) && at > 0 && at <= head
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (!isGood) return
    setRefused(undefined)
    client.view(session, { at }).then(setView, (thrown: unknown) => setRefused(HeadraceError.from(thrown).message))
  }
  return (
    <section className="inspector-part" aria-label={text.inspector.stateAt}>
      <form className="inspector-row" onSubmit={submit}>
        <label htmlFor={field}>{text.inspector.stateAt}</label>
        <input
          id={field}
          className="field-input inspector-seq"
          type="number"
          min={1}
          max={head}
          placeholder={String(head)}
          value={seq}
          onChange={(event) => setSeq(event.target.value)}
        />
        <Button type="submit" size="small" disabled={!isGood}>
          {text.inspector.show}
        </Button>
        {isGood && <a href={hrefOf(session, { at })}>{text.inspector.replay}</a>}
      </form>
      {refused !== undefined && <p role="alert">{refused}</p>}
      {view && <CodeBlock code={JSON.stringify(view, null, 2)} label={text.inspector.viewAt(view.seq)} />}
    </section>
  )
}

function Events({ view }: { readonly view: SessionView }): ReactNode {
  const { session } = useSession(view.id)
  const [head] = useState(view.seq)
  const { events, hasOlder, older, refused } = useLog(session, head)
  const [words, setWords] = useState('')
  const shown = useMemo(() => {
    const wanted = words.toLowerCase()
    return wanted === '' ? events : events.filter((event) => JSON.stringify(event).toLowerCase().includes(wanted))
  }, [events, words])
  return (
    <section className="inspector-part" aria-label={text.inspector.events}>
      <div className="inspector-row">
        <input
          className="field-input"
          type="search"
          aria-label={text.inspector.filter}
          placeholder={text.inspector.filter}
          value={words}
          onChange={(event) => setWords(event.target.value)}
        />
        <span className="inspector-count">{text.inspector.count(shown.length, events.length)}</span>
      </div>
      <ul className="inspector-events">
        {shown.map((event) => (
          <li
            key={event.seq}
            className="inspector-event"
            data-testid="event"
            data-seq={event.seq}
            data-type={event.type}
          >
            <details>
              <summary>
                <span className="inspector-at">{event.seq}</span> <b>{event.type}</b>{' '}
                <span className="inspector-at">{momentOfDay(event.at)}</span>{' '}
                <span className="inspector-peek" dir="auto">
                  {'data' in event ? oneLine(JSON.stringify(event.data)) : ''}
                </span>
              </summary>
              <CodeBlock code={JSON.stringify(event, null, 2)} label={event.type} />
            </details>
          </li>
        ))}
      </ul>
      {refused !== undefined && <p role="alert">{refused}</p>}
      {hasOlder && (
        <Button look="quiet" onClick={older}>
          {text.inspector.older}
        </Button>
      )}
    </section>
  )
}
