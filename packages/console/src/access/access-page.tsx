import { useId, useState, type FormEvent, type ReactNode } from 'react'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { Mark } from '../ui/mark.tsx'
import '../ui/field.css'
import { access } from './access.ts'
import { readPasted } from './entry.ts'
import './access-page.css'

/** The way in for somebody without a token. `reason`: why the one they had is not enough. */
export function AccessPage({ reason }: { readonly reason?: string | undefined }): ReactNode {
  const [pasted, setPasted] = useState('')
  const [wrong, setWrong] = useState(false)
  const field = useId()
  const hint = useId()
  const enter = (event: FormEvent): void => {
    event.preventDefault()
    const entry = readPasted(pasted)
    if (entry) access.enter(entry)
    else setWrong(true)
  }
  return (
    <main className="access">
      <div className="access-card">
        <Mark />
        <h1 className="access-title">{text.access.title}</h1>
        {reason !== undefined && (
          <p className="access-reason" role="alert">
            {reason}
          </p>
        )}
        <p className="access-lead">{text.access.lead}</p>
        <p className="access-label">{text.access.terminal}</p>
        <p className="access-line" dir="ltr">
          <code>
            {location.origin}/<b>#token=…</b>
          </code>
        </p>
        <form className="access-form" onSubmit={enter}>
          <label className="field-label" htmlFor={field}>
            {text.access.paste}
          </label>
          <input
            id={field}
            className="field-input"
            dir="ltr"
            autoComplete="off"
            spellCheck={false}
            placeholder={text.access.placeholder}
            aria-describedby={hint}
            aria-invalid={wrong}
            value={pasted}
            onChange={(event) => {
              setPasted(event.target.value)
              setWrong(false)
            }}
          />
          <p id={hint} className="access-hint" data-wrong={wrong || undefined} aria-live="polite">
            {wrong ? text.access.notToken : text.access.stays}
          </p>
          <Button look="primary" type="submit">
            {text.access.open}
          </Button>
        </form>
      </div>
    </main>
  )
}
