import { useConnection } from '@headrace/client/react'
import { HeadraceError, type SessionView } from '@headrace/core'
import { useState, type ReactNode } from 'react'
import { defaultAgent, knownAgents, recipients } from '../model/agents.ts'
import { ask, tell } from '../model/ask.ts'
import { atWork, isLately } from '../model/at-work.ts'
import { mentionedAgents } from '../model/mentions.ts'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import { AgentPicker } from './agent-picker.tsx'
import { useSessionPlace } from './session-context.ts'
import { Told } from './told.tsx'
import { useWriting } from './use-writing.ts'
import { WordsField, WordsRefused } from './words-field.tsx'
import './composer.css'

interface Props {
  readonly view: SessionView
  /** Something is queued or at work. */
  readonly busy: boolean
}

const maxRows = 8

/** Where a person writes: who is asked, the words, and the button that stops everything. */
export function Composer({ view, busy }: Props): ReactNode {
  const place = useSessionPlace()
  const { session, may } = place
  const [picked, setPicked] = useState<readonly string[]>()
  const known = may.send ? knownAgents(view) : []
  const askedBy = (draft: string): readonly string[] =>
    may.send ? recipients(mentionedAgents(draft, known), picked, defaultAgent(view)) : []
  const [now, setNow] = useState(false)
  const writing = useWriting(session.id, (said) => {
    const agents = askedBy(said)
    return now && atWork(view, agents, place) ? tell(session, said, agents) : ask(session, said, agents)
  })
  const { draft, words, setRefused, submit } = writing
  const asked = askedBy(draft)
  const isAtWork = atWork(view, asked, place)
  return (
    <form className="composer" aria-label={text.composer.label} data-busy={busy || undefined} onSubmit={submit}>
      <Told steers={view.runs.filter(isLately).flatMap((run) => run.steers ?? [])} messages={view.messages} />
      <WordsRefused writing={writing} />
      <div className="composer-box">
        <WordsField
          writing={writing}
          label={text.composer.message}
          placeholder={text.composer.placeholder(asked)}
          hint="composer-hint"
          maxRows={maxRows}
        />
        <div className="composer-row">
          <AgentPicker known={known} chosen={asked} fixed={mentionedAgents(draft, known)} onChange={setPicked} />
          <div className="composer-buttons">
            {/* In this row, which is there anyway: nothing on the page moves when an agent begins. */}
            {isAtWork && (
              <label className="composer-now">
                <input type="checkbox" checked={now} onChange={({ target }) => setNow(target.checked)} />
                {text.steer.now}
              </label>
            )}
            {busy && may.control && (
              <Button
                icon={<Icon name="stop" />}
                aria-keyshortcuts="Escape"
                onClick={() => {
                  session
                    .cancel({ all: true })
                    .catch((thrown: unknown) => setRefused(HeadraceError.from(thrown).message))
                }}
              >
                {text.composer.stopAll}
              </Button>
            )}
            <Button type="submit" look="primary" icon={<Icon name="send" />} disabled={words === ''}>
              {asked.length === 0 ? text.composer.post : now && isAtWork ? text.steer.tell : text.composer.send}
            </Button>
          </div>
        </div>
      </div>
      <Hint note={asked.length === 0} />
    </form>
  )
}

function Hint({ note }: { readonly note: boolean }): ReactNode {
  const { state } = useConnection()
  const away = state === 'offline' || state === 'closed'
  return (
    <p
      id="composer-hint"
      className="composer-hint"
      data-away={away || undefined}
      data-say={away || note || undefined}
      data-testid="composer-hint"
    >
      {away ? text.composer.hintOffline : note ? text.composer.hintNote : text.composer.hint}
    </p>
  )
}
