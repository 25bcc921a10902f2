import { useConnection } from '@headrace/client/react'
import { HeadraceError, type SessionView } from '@headrace/core'
import { useState, type FormEvent, type KeyboardEvent, type ReactNode } from 'react'
import { defaultAgent, knownAgents, recipients } from '../model/agents.ts'
import { ask } from '../model/ask.ts'
import { mentionedAgents } from '../model/mentions.ts'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import { AgentPicker } from './agent-picker.tsx'
import { useSessionPlace } from './session-context.ts'
import { useDraft } from './use-draft.ts'
import './composer.css'

interface Props {
  readonly view: SessionView
  /** Something is queued or at work. */
  readonly busy: boolean
}

const maxRows = 8

/** Where a person writes: who is asked, the words, and the button that stops everything. */
export function Composer({ view, busy }: Props): ReactNode {
  const { session, may } = useSessionPlace()
  const [draft, setDraft] = useDraft(session.id)
  const [picked, setPicked] = useState<readonly string[]>()
  const [refused, setRefused] = useState<string>()
  const known = may.send ? knownAgents(view) : []
  const mentioned = mentionedAgents(draft, known)
  const asked = may.send ? recipients(mentioned, picked, defaultAgent(view)) : []
  const words = draft.trim()

  const submit = (event?: FormEvent): void => {
    event?.preventDefault()
    if (words === '') return
    setDraft('')
    setRefused(undefined)
    ask(session, words, asked).catch((thrown: unknown) => {
      setRefused(HeadraceError.from(thrown).message)
      setDraft((now) => (now === '' ? words : now))
    })
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    // An input method uses Enter to choose a word.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    submit()
  }
  return (
    <form className="composer" aria-label={text.composer.label} data-busy={busy || undefined} onSubmit={submit}>
      {refused !== undefined && (
        <p className="composer-refused" role="alert">
          {text.composer.refused(refused)}
        </p>
      )}
      <div className="composer-box">
        <textarea
          className="composer-text"
          aria-label={text.composer.message}
          aria-describedby="composer-hint"
          aria-keyshortcuts="/"
          dir="auto"
          rows={Math.min(maxRows, draft.split('\n').length)}
          placeholder={text.composer.placeholder(asked)}
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <div className="composer-row">
          <AgentPicker known={known} chosen={asked} fixed={mentioned} onChange={setPicked} />
          <div className="composer-buttons">
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
              {asked.length === 0 ? text.composer.post : text.composer.send}
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
