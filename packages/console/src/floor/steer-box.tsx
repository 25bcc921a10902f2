import { HeadraceError, textOf, type Message, type Run, type Steer } from '@headrace/core'
import { useState, type FormEvent, type KeyboardEvent, type ReactNode } from 'react'
import { snippet } from '../model/queue.ts'
import { useSessionPlace } from '../session/session-context.ts'
import { useDraft } from '../session/use-draft.ts'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import '../session/composer.css'
import './steer-box.css'

interface Props {
  /** The one at work. */
  readonly run: Run
  readonly messages: readonly Message[]
}

const maxRows = 5
const steersShown = 3

/** Says something to the agent at work, and shows whether it was told. */
export function SteerBox({ run, messages }: Props): ReactNode {
  const { session } = useSessionPlace()
  const [draft, setDraft] = useDraft(`${session.id}:steer`)
  const [refused, setRefused] = useState<string>()
  const words = draft.trim()
  const submit = (event?: FormEvent): void => {
    event?.preventDefault()
    if (words === '') return
    setDraft('')
    setRefused(undefined)
    session.steer(run.id, words).catch((thrown: unknown) => {
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
    <form className="composer" aria-label={text.lane.steer} onSubmit={submit}>
      <Told steers={run.steers ?? []} messages={messages} />
      {refused !== undefined && (
        <p className="composer-refused" role="alert">
          {text.composer.refused(refused)}
        </p>
      )}
      <div className="composer-box steer">
        <textarea
          className="composer-text"
          aria-label={text.lane.steer}
          aria-describedby="steer-hint"
          aria-keyshortcuts="/"
          dir="auto"
          rows={Math.min(maxRows, draft.split('\n').length)}
          placeholder={text.lane.steerPlaceholder}
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <Button type="submit" size="small" look="primary" icon={<Icon name="send" />} disabled={words === ''}>
          {text.lane.tell}
        </Button>
      </div>
      <p id="steer-hint" className="composer-hint">
        {text.lane.steerHint}
      </p>
    </form>
  )
}

interface ToldProps {
  readonly steers: readonly Steer[]
  readonly messages: readonly Message[]
}

/** What became of the last things that were said. */
function Told({ steers, messages }: ToldProps): ReactNode {
  return (
    <ul className="told" aria-live="polite" data-testid="told">
      {steers.slice(-steersShown).map((steer) => {
        const message = messages.find(({ id }) => id === steer.message)
        return (
          <li key={steer.message} className="told-row" data-status={steer.status}>
            <q className="told-words">{message ? snippet(textOf(message)) : ''}</q>
            <span className="told-status">{outcome(steer)}</span>
          </li>
        )
      })}
    </ul>
  )
}

function outcome({ status, why }: Steer): string {
  return status === 'missed' ? text.lane.told.missed(why ?? '') : text.lane.told[status]
}
