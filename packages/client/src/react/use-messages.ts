import { useCallback, useMemo, useState } from 'react'
import { branch, versions, type Message, type MessageId } from '@headrace/core'
import type { Session, SessionSnapshot } from '../session/session.ts'
import { useHeadrace } from './context.ts'
import { useSnapshot } from './use-snapshot.ts'

export interface UseMessages extends Pick<SessionSnapshot, 'hasOlder' | 'status'>, Pick<Session, 'loadOlder'> {
  /** The line that this reader looks at, oldest first. */
  readonly messages: readonly Message[]
  /** Other versions of a message, itself included, oldest first: edits of an input, or one agent's answers. */
  readonly versionsOf: (message: Message) => readonly Message[]
  /** Looks at the line through a message: another version. For this component only; what comes there is followed. */
  readonly show: (message: MessageId) => void
  /** Looks at the line that goes on again: the one that the next input follows. */
  readonly showHead: () => void
}

/**
 * The messages of one line of a session, with ways to the others: edits and second answers make branches.
 *
 * @example
 * ```tsx
 * function Line({ id }: { id: string }) {
 *   const { messages, versionsOf, show } = useMessages(id)
 *   return messages.map((message) => (
 *     <article key={message.id}>
 *       {textOf(message)}
 *       {versionsOf(message).map((other, index) => (
 *         <button key={other.id} aria-pressed={other.id === message.id} onClick={() => show(other.id)}>{index + 1}</button>
 *       ))}
 *     </article>
 *   ))
 * }
 * ```
 */
export function useMessages(id: string): UseMessages {
  const client = useHeadrace()
  const session = useMemo(() => client.session(id), [client, id])
  const all = useSnapshot(session, ({ messages }) => messages)
  const head = useSnapshot(session, ({ view }) => view.head)
  const hasOlder = useSnapshot(session, (snapshot) => snapshot.hasOlder)
  const status = useSnapshot(session, (snapshot) => snapshot.status)
  const [chosen, setChosen] = useState<MessageId>()
  const through = all.some((message) => message.id === chosen) ? chosen : undefined
  const messages = useMemo(
    () => branch(all, through === undefined ? head : newestBelow(all, through)),
    [all, head, through],
  )
  const versionsOf = useCallback((message: Message) => versions(all, message), [all])
  const showHead = useCallback(() => setChosen(undefined), [])
  const loadOlder = useCallback((limit?: number) => session.loadOlder(limit), [session])
  return useMemo(
    () => ({ messages, versionsOf, show: setChosen, showHead, hasOlder, status, loadOlder }),
    [messages, versionsOf, showHead, hasOlder, status, loadOlder],
  )
}

/** The newest message that follows from a message, or itself. A message comes after the one that it follows. */
function newestBelow(messages: readonly Message[], top: MessageId): MessageId {
  const below = new Set([top])
  let newest = top
  for (const { id, parent } of messages) {
    if (parent === null || !below.has(parent)) continue
    below.add(id)
    newest = id
  }
  return newest
}
