import { canonical, HeadraceError, type Answer, type Json, type Request } from '@headrace/core'
import { useId, useState, type ReactNode } from 'react'
import { CodeBlock } from '../markdown/code-block.tsx'
import { visibleText } from '../model/visible-text.ts'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import './request-bar.css'
import '../ui/field.css'

interface Props {
  readonly request: Request
  readonly agent: string
  /** Absent where it can only be looked at. */
  readonly onAnswer?: (answer: Answer) => Promise<unknown>
  /** Beside who asks: where. */
  readonly where?: ReactNode
}

/** One thing that an agent asks of people, with what answers it. */
export function RequestCard({ request, agent, onAnswer, where }: Props): ReactNode {
  const { spec } = request
  const [busy, setBusy] = useState(false)
  const [refused, setRefused] = useState<string>()
  const title = useId()
  const give = (answer: Answer): void => {
    setBusy(true)
    setRefused(undefined)
    onAnswer?.(answer).catch((thrown: unknown) => {
      setBusy(false)
      setRefused(HeadraceError.from(thrown).message)
    })
  }
  return (
    <article className="request" aria-labelledby={title} data-testid="request" data-request={request.id}>
      <p className="request-who">
        {text.request.asks(agent)} {where}
      </p>
      <p className="request-title" id={title} dir="auto">
        {visibleText(spec.title)}
      </p>
      {spec.kind === 'approval' && (
        // What is approved is these bytes and nothing that was said about them.
        <CodeBlock code={visibleText(readable(spec.action))} label={text.request.action} />
      )}
      {onAnswer && spec.kind === 'question' && <Question schema={spec.schema} busy={busy} onAnswer={give} />}
      {onAnswer && spec.kind === 'approval' && (
        <div className="request-answers">
          <Button look="primary" disabled={busy} onClick={() => give({ decision: 'approve' })}>
            {text.request.approve}
          </Button>
          <Button disabled={busy} onClick={() => give({ decision: 'deny' })}>
            {text.request.deny}
          </Button>
        </div>
      )}
      {refused !== undefined && (
        <p className="request-refused" role="alert">
          {refused}
        </p>
      )}
    </article>
  )
}

/** The canonical form, indented where that changes nothing. */
function readable(action: Json): string {
  return typeof action === 'string' ? action : JSON.stringify(JSON.parse(canonical(action)), null, 2)
}

interface QuestionProps {
  readonly schema: Extract<Request['spec'], { kind: 'question' }>['schema']
  readonly busy: boolean
  readonly onAnswer: (answer: Answer) => void
}

/** One of a few choices by its button; else words, or JSON where the answer must have a form. */
function Question({ schema, busy, onAnswer }: QuestionProps): ReactNode {
  const [words, setWords] = useState('')
  const id = useId()
  const choices = schema?.['enum']
  const wantsText = schema === undefined || schema['type'] === 'string'
  if (Array.isArray(choices)) {
    return (
      <div className="request-answers">
        {choices.map((choice: Json) => (
          <Button key={canonical(choice)} disabled={busy} onClick={() => onAnswer({ value: choice })}>
            {typeof choice === 'string' ? choice : canonical(choice)}
          </Button>
        ))}
        <Button look="quiet" disabled={busy} onClick={() => onAnswer({ decision: 'deny' })}>
          {text.request.decline}
        </Button>
      </div>
    )
  }
  const value = wantsText ? words : parsed(words)
  return (
    <form
      className="field"
      onSubmit={(event) => {
        event.preventDefault()
        if (value !== undefined) onAnswer({ value })
      }}
    >
      <label className="field-label" htmlFor={id}>
        {wantsText ? text.request.answer : text.request.answerJson}
      </label>
      <textarea
        id={id}
        className="field-input"
        dir="auto"
        rows={wantsText ? 2 : 4}
        value={words}
        onChange={(event) => setWords(event.target.value)}
      />
      <div className="request-answers">
        <Button type="submit" look="primary" disabled={busy || words === '' || value === undefined}>
          {text.request.send}
        </Button>
        <Button look="quiet" disabled={busy} onClick={() => onAnswer({ decision: 'deny' })}>
          {text.request.decline}
        </Button>
      </div>
    </form>
  )
}

function parsed(words: string): Json | undefined {
  try {
    return JSON.parse(words) as Json // whatever JSON.parse returns is JSON
  } catch {
    return undefined
  }
}
