import { useId, useState, type ComponentProps, type FormEvent, type ReactNode } from 'react'
import { HeadraceError, canonical, type Answer, type Json, type Request } from '@headrace/core'
import { useRequests } from '../use-requests.ts'

/** A request and what can be said to it. */
export interface RequestItem {
  readonly request: Request
  /** An answer is on its way. */
  readonly isSending: boolean
  /** Why the last answer was refused. */
  readonly error: HeadraceError | undefined
  readonly answer: (answer: Answer) => void
  /** Id for the element that says what is asked: it names the card. */
  readonly titleId: string
}

export interface RequestsProps extends Omit<ComponentProps<'section'>, 'children' | 'id'> {
  /** Id of the session. */
  readonly session: string
  /** What a request looks like. Default: title, the exact action, and a button or an input for each answer. */
  readonly children?: (item: RequestItem) => ReactNode
}

/**
 * What agents ask of this participant, each in an article of its own. An approval is for exactly the action that is shown.
 * Of two people who answer at once, the other reads who was first.
 *
 * @example
 * ```tsx
 * <Requests session="support/42" aria-label="Waits for you" />
 * ```
 */
export function Requests({ session, children = plainRequest, ...rest }: RequestsProps): ReactNode {
  const { requests, lost, answer, dismiss } = useRequests(session)
  if (requests.length === 0 && lost.length === 0) return null
  return (
    <section aria-label="Requests" {...rest}>
      {lost.map(({ request, message }) => (
        <p key={request.id} role="status">
          {message}
          <button type="button" onClick={() => dismiss(request.id)}>
            OK
          </button>
        </p>
      ))}
      {requests.map((request) => (
        <Card key={request.id} request={request} give={(given) => answer(request, given)}>
          {children}
        </Card>
      ))}
    </section>
  )
}

interface CardProps {
  readonly request: Request
  readonly give: (answer: Answer) => Promise<boolean>
  readonly children: (item: RequestItem) => ReactNode
}

function Card({ request, give, children }: CardProps): ReactNode {
  const [isSending, setSending] = useState(false)
  const [error, setError] = useState<HeadraceError>()
  const titleId = useId()
  const answer = (given: Answer): void => {
    setSending(true)
    setError(undefined)
    give(given).catch((thrown: unknown) => {
      setSending(false)
      setError(HeadraceError.from(thrown))
    })
  }
  return (
    <article aria-labelledby={titleId} data-kind={request.spec.kind}>
      {children({ request, isSending, error, answer, titleId })}
    </article>
  )
}

function plainRequest(item: RequestItem): ReactNode {
  const { request, isSending, error, answer, titleId } = item
  const { spec } = request
  return (
    <>
      <p id={titleId}>{spec.title}</p>
      {spec.kind === 'approval' && <pre>{readable(spec.action)}</pre>}
      {spec.kind === 'approval' && (
        <button type="button" disabled={isSending} onClick={() => answer({ decision: 'approve' })}>
          Approve
        </button>
      )}
      {spec.kind === 'question' && <Question {...item} schema={spec.schema} />}
      <button type="button" disabled={isSending} onClick={() => answer({ decision: 'deny' })}>
        {spec.kind === 'approval' ? 'Deny' : 'Decline'}
      </button>
      {error && <p role="alert">{error.message}</p>}
    </>
  )
}

interface QuestionProps extends RequestItem {
  readonly schema: Extract<Request['spec'], { readonly kind: 'question' }>['schema']
}

/** A button for each of a few choices; else words, or JSON where the answer must have a form. */
function Question({ schema, isSending, answer, titleId }: QuestionProps): ReactNode {
  const [words, setWords] = useState('')
  const choices = schema?.['enum']
  if (Array.isArray(choices)) {
    return choices.map((choice: Json) => (
      <button key={canonical(choice)} type="button" disabled={isSending} onClick={() => answer({ value: choice })}>
        {typeof choice === 'string' ? choice : canonical(choice)}
      </button>
    ))
  }
  const isText = schema === undefined || schema['type'] === 'string'
  const value = isText ? words : parsed(words)
  return (
    <form
      onSubmit={(event: FormEvent) => {
        event.preventDefault()
        if (value !== undefined) answer({ value })
      }}
    >
      <textarea aria-labelledby={titleId} value={words} onChange={(event) => setWords(event.target.value)} />
      <button type="submit" disabled={isSending || words === '' || value === undefined}>
        Answer
      </button>
    </form>
  )
}

/** What is approved is these bytes; indented where that changes nothing. */
function readable(action: Json): string {
  return typeof action === 'string' ? action : JSON.stringify(JSON.parse(canonical(action)), null, 2)
}

function parsed(words: string): Json | undefined {
  try {
    return JSON.parse(words) as Json // whatever JSON.parse returns is JSON
  } catch {
    return undefined
  }
}
