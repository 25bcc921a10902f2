import type { SessionView } from '@headrace/core'
import type { ReactNode } from 'react'
import { workingAgents } from '../model/agents.ts'
import { titleOf } from '../model/title.ts'
import { text } from '../text.ts'
import { Icon } from '../ui/icon.tsx'
import { Connection } from './connection.tsx'
import { People } from './people.tsx'
import './session-header.css'

interface Props {
  readonly view: SessionView
  readonly narrow: boolean
}

/** What this session is, who is in it, and whether the page is live. */
export function SessionHeader({ view, narrow }: Props): ReactNode {
  return (
    <header className="session-header">
      {narrow && (
        <a className="session-back" href="#/" aria-label={text.session.back}>
          <Icon name="back" />
        </a>
      )}
      <div className="session-names">
        <h1 className="session-title">
          <bdi>{titleOf(view.metadata, view.id)}</bdi>
        </h1>
        <p className="session-doing">{doing(view)}</p>
      </div>
      {/* Before the first answer of the server, and where there is no session, nobody is known to be here. */}
      {view.seq > 0 && <People view={view} />}
      <Connection />
    </header>
  )
}

function doing(view: SessionView): string {
  if (view.seq === 0) return ''
  const working = workingAgents(view)
  if (working.length > 0) return text.session.working(working)
  return view.runs.some((run) => run.status === 'queued') ? text.session.waiting : text.session.idle
}
