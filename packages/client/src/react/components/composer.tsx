import { useState, type ComponentProps, type FormEvent, type KeyboardEvent, type ReactNode } from 'react'
import { HeadraceError } from '@headrace/core'
import type { SendInput } from '../../session/input.ts'
import { useHeadrace } from '../context.ts'

/** What a composer's own look is made of. */
export interface ComposerParts {
  /** For a `textarea`. Enter sends; Shift and Enter begins a line. */
  readonly input: Required<Pick<ComponentProps<'textarea'>, 'value' | 'onChange' | 'onKeyDown' | 'aria-label'>>
  /** For the button that sends. */
  readonly submit: { readonly type: 'submit'; readonly disabled: boolean }
  /** Why the last message was refused; it stands in the input again. */
  readonly error: HeadraceError | undefined
}

export interface ComposerProps extends Omit<ComponentProps<'form'>, 'children' | 'onSubmit'> {
  /** Id of the session. */
  readonly session: string
  /** Name of the input for screen readers. Default "Message". */
  readonly label?: string
  /** What is sent along: the agent, the policy. */
  readonly options?: Omit<SendInput, 'text' | 'parts'>
  /** Default: an input, a button "Send", and the error. */
  readonly children?: (parts: ComposerParts) => ReactNode
}

/**
 * Where somebody writes to an agent. What was sent is in the session's `pending` until the session shows it.
 *
 * @example
 * ```tsx
 * <Composer session="support/42" label="Your question">
 *   {({ input, submit, error }) => (
 *     <>
 *       <textarea {...input} rows={2} />
 *       <button {...submit}>Ask</button>
 *       {error && <p role="alert">{error.message}</p>}
 *     </>
 *   )}
 * </Composer>
 * ```
 */
export function Composer({
  session,
  label = 'Message',
  options,
  children = plainComposer,
  ...rest
}: ComposerProps): ReactNode {
  const client = useHeadrace()
  const [text, setText] = useState('')
  const [error, setError] = useState<HeadraceError>()
  const words = text.trim()
  const send = (): void => {
    if (words === '') return
    setText('')
    setError(undefined)
    client
      .session(session)
      .send({ ...options, text: words })
      .catch((thrown: unknown) => {
        setError(HeadraceError.from(thrown))
        // What somebody has begun to write since must not be lost either.
        setText((now) => (now === '' ? words : now))
      })
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    // An input method uses Enter to choose a word.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    send()
  }
  return (
    <form
      {...rest}
      onSubmit={(event: FormEvent) => {
        event.preventDefault()
        send()
      }}
    >
      {children({
        input: { value: text, onChange: (event) => setText(event.target.value), onKeyDown, 'aria-label': label },
        submit: { type: 'submit', disabled: words === '' },
        error,
      })}
    </form>
  )
}

function plainComposer({ input, submit, error }: ComposerParts): ReactNode {
  return (
    <>
      <textarea {...input} />
      <button {...submit}>Send</button>
      {error && <p role="alert">{error.message}</p>}
    </>
  )
}
