import { useRequests, type LostRequest } from '@headrace/client/react'
import { canonical, HeadraceError, type Answer, type Json, type Request, type Run } from '@headrace/core'
import { useId, useState, type ReactNode } from 'react'
import { CodeBlock } from '../markdown/code-block.tsx'
import { visibleText } from '../model/visible-text.ts'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { callName, useSessionPlace } from './session-context.ts'
import './request-bar.css'
import '../ui/field.css'

interface Props {
  readonly runs: readonly Run[]
  /** What to call the place that asks, where it is one of several on the page. Default: the agents' own names. */
  readonly place?: string
}

/** What agents ask of the reader, each to be answered here; and what somebody else has answered first. */
export function RequestBar({ runs, place }: Props): ReactNode {
  const { session, may } = useSessionPlace()
  const { requests, lost, answer, dismiss } = useRequests(session.id)
  const open = may.answer ? requests : []
  if (open.length === 0 && lost.length === 0) return null
  const agentOf = (request: Request): string => runs.find((run) => run.id === request.run)?.agent ?? ''
  return (
    <section
      className="requests"
      aria-label={place === undefined ? text.request.label : text.request.labelIn(place)}
      data-testid="requests"
    >
      {lost.map((over) => (
        <Lost key={over.request.id} over={over} onRead={() => dismiss(over.request.id)} />
      ))}
      {open.map((request) => (
        <RequestCard
          key={request.id}
          request={request}
          agent={place ?? agentOf(request)}
          onAnswer={(given) => answer(request, given)}
        />
      ))}
    </section>
  )
}

/** Somebody was first: who, and what they said. */
function Lost({ over, onRead }: { readonly over: LostRequest; readonly onRead: () => void }): ReactNode {
  const place = useSessionPlace()
  const who = over.by === undefined ? undefined : callName(place, over.by)
  return (
    <article className="request" data-over data-testid="request-lost" data-request={over.request.id}>
      <output className="request-title" dir="auto">
        {who === undefined ? over.message : text.request.lost(over.request.spec.title, who)}
      </output>
      <Button size="small" look="quiet" onClick={onRead}>
        {text.request.dismiss}
      </Button>
    </article>
  )
}

interface CardProps {
  readonly request: Request
  readonly agent: string
  readonly onAnswer: (answer: Answer) => Promise<boolean>
}

function RequestCard({ request, agent, onAnswer }: CardProps): ReactNode {
  const { spec } = request
  const [busy, setBusy] = useState(false)
  const [refused, setRefused] = useState<string>()
  const title = useId()
  const give = (answer: Answer): void => {
    setBusy(true)
    setRefused(undefined)
    onAnswer(answer).catch((thrown: unknown) => {
      setBusy(false)
      setRefused(HeadraceError.from(thrown).message)
    })
  }
  return (
    <article className="request" aria-labelledby={title} data-testid="request" data-request={request.id}>
      <p className="request-who">{text.request.asks(agent)}</p>
      <p className="request-title" id={title} dir="auto">
        {visibleText(spec.title)}
      </p>
      {spec.kind === 'approval' && (
        // What is approved is these bytes and nothing that was said about them.
        <CodeBlock code={visibleText(readable(spec.action))} label={text.request.action} />
      )}
      {spec.kind === 'question' && <Question schema={spec.schema} busy={busy} onAnswer={give} />}
      {spec.kind === 'approval' && (
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
