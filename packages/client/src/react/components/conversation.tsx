import { useState, type ComponentProps, type ReactNode } from 'react'
import { textOf, type Message } from '@headrace/core'
import { useMessages } from '../use-messages.ts'

/** A message and where it stands. */
export interface ConversationItem {
  readonly message: Message
  /** All versions of it, itself included; more than one where it was edited or answered again. */
  readonly versions: readonly Message[]
  /** Which of them it is, from 0. */
  readonly version: number
  /** Looks at another version, in this conversation only. */
  readonly show: (message: string) => void
}

export interface ConversationProps extends Omit<ComponentProps<'div'>, 'children' | 'id'> {
  /** Id of the session. */
  readonly session: string
  /** What a message looks like. Default: its text, under a button for each version where there are several. */
  readonly children?: (item: ConversationItem) => ReactNode
  /** The words of the button for older messages. Default "Show older messages". */
  readonly olderLabel?: ReactNode
  /** What stands there while there is no message. Default nothing. */
  readonly empty?: ReactNode
}

/**
 * The messages of a session, without any look: a log for screen readers that says what comes, each message an article with
 * its author for a name. What else is given goes to the element.
 *
 * @example
 * ```tsx
 * <Conversation session="support/42" className="talk">
 *   {({ message }) => <p data-role={message.role}>{textOf(message)}</p>}
 * </Conversation>
 * ```
 */
export function Conversation({
  session,
  children = plainMessage,
  olderLabel = 'Show older messages',
  empty,
  ...rest
}: ConversationProps): ReactNode {
  const { messages, versionsOf, show, hasOlder, loadOlder, status } = useMessages(session)
  const [isLoading, setLoading] = useState(false)
  const older = (): void => {
    setLoading(true)
    // What fails is tried again by whoever wants it.
    loadOlder()
      .catch(() => undefined)
      .finally(() => setLoading(false))
  }
  return (
    <div
      role="log"
      aria-label="Conversation"
      {...rest}
      aria-busy={status === 'loading' || messages.some((message) => message.status === 'open')}
    >
      {hasOlder && (
        <button type="button" disabled={isLoading} onClick={older}>
          {olderLabel}
        </button>
      )}
      {messages.length === 0 && status !== 'loading' && empty}
      {messages.map((message) => {
        const versions = versionsOf(message)
        const version = versions.findIndex(({ id }) => id === message.id)
        return (
          <article
            key={message.id}
            aria-label={message.name ?? message.author}
            data-role={message.role}
            data-status={message.status}
          >
            {children({ message, versions, version, show })}
          </article>
        )
      })}
    </div>
  )
}

function plainMessage({ message, versions, show }: ConversationItem): ReactNode {
  return (
    <>
      {versions.length > 1 &&
        versions.map(({ id }, index) => (
          <button
            key={id}
            type="button"
            aria-label={`Version ${index + 1} of ${versions.length}`}
            aria-pressed={id === message.id}
            onClick={() => show(id)}
          >
            {index + 1}
          </button>
        ))}
      {textOf(message)}
    </>
  )
}
