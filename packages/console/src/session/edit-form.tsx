import { HeadraceError, textOf, type Message } from '@headrace/core'
import { useState, type FormEvent, type ReactNode } from 'react'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { useSessionPlace } from './session-context.ts'
import '../ui/field.css'

interface Props {
  readonly message: Message
  readonly onClose: () => void
}

const maxRows = 12

/** Says something anew: a new version beside the old one, answered by the agents that answered it. */
export function EditForm({ message, onClose }: Props): ReactNode {
  const { session } = useSessionPlace()
  const [draft, setDraft] = useState(() => textOf(message))
  const [refused, setRefused] = useState<string>()
  const words = draft.trim()
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (words === '') return
    const { runs } = session.getSnapshot().view
    const agents = [...new Set(runs.filter(({ input }) => input === message.id).map(({ agent }) => agent))]
    const edit = { text: words, edits: message.id }
    const sent = agents.length === 0 ? session.post(edit) : session.send({ ...edit, agents })
    sent.then(onClose, (thrown: unknown) => setRefused(HeadraceError.from(thrown).message))
  }
  return (
    <form className="field" aria-label={text.message.edit} onSubmit={submit}>
      <textarea
        className="field-input"
        aria-label={text.message.newWords}
        dir="auto"
        rows={Math.min(maxRows, draft.split('\n').length + 1)}
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
      />
      <div className="input-actions">
        <Button type="submit" size="small" look="primary" disabled={words === ''}>
          {text.message.sayAnew}
        </Button>
        <Button size="small" look="quiet" onClick={onClose}>
          {text.create.cancel}
        </Button>
      </div>
      {refused !== undefined && (
        <p role="alert" className="request-refused">
          {refused}
        </p>
      )}
    </form>
  )
}
