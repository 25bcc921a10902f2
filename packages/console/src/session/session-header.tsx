import { floorSessions, type FloorPlace } from '@headrace/factory/floor'
import type { SessionView } from '@headrace/core'
import type { ReactNode } from 'react'
import { workingAgents } from '../model/agents.ts'
import { titleOf } from '../model/title.ts'
import { hrefOf } from '../route/route.ts'
import { text } from '../text.ts'
import { Icon } from '../ui/icon.tsx'
import { Connection } from './connection.tsx'
import { People } from './people.tsx'
import { SessionMenu } from './session-menu.tsx'
import './session-header.css'

interface Props {
  readonly view: SessionView
  readonly narrow: boolean
  /** What it is on a factory floor: the way back leads there. */
  readonly place: FloorPlace | undefined
  /** `now`: the session as it is, with a way to look back. `past`: as it was. */
  readonly time: 'now' | 'past'
}

/** What this session is, who is in it, and whether the page is live. */
export function SessionHeader({ view, narrow, place, time }: Props): ReactNode {
  return (
    <header className="session-header">
      {(narrow || place) && (
        <a
          className="session-back"
          href={place ? hrefOf(floorSessions(place.floor).floor) : '#/'}
          aria-label={place ? text.lane.ofFloor(place.floor) : text.session.back}
        >
          <Icon name="back" />
        </a>
      )}
      <div className="session-names">
        <h1 className="session-title" dir="auto">
          {titleOf(view.metadata, view.id)}
        </h1>
        <p className="session-doing">{doing(view)}</p>
      </div>
      {time === 'now' && view.seq > 0 && (
        <a
          className="session-tool"
          href={hrefOf(view.id, { at: view.seq })}
          aria-label={text.replay.open}
          title={text.replay.open}
        >
          <Icon name="replay" />
        </a>
      )}
      {time === 'now' && view.seq > 0 && <SessionMenu view={view} />}
      {/* Before the first answer of the server, and where there is no session, nobody is known to be here. */}
      {view.seq > 0 && <People view={view} />}
      {time === 'now' ? <Connection /> : <span className="session-past">{text.replay.label}</span>}
    </header>
  )
}

function doing(view: SessionView): string {
  if (view.seq === 0) return ''
  const working = workingAgents(view)
  if (working.length > 0) return text.session.working(working)
  return view.runs.some((run) => run.status === 'queued') ? text.session.waiting : text.session.idle
}
