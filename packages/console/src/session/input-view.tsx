import { actorKind, type Message } from '@headrace/core'
import { memo, type ReactNode } from 'react'
import { Parts } from '../parts/parts.tsx'
import { text } from '../text.ts'
import { Avatar } from '../ui/avatar.tsx'
import { MomentTime } from './moment-time.tsx'
import { callName, useSessionPlace } from './session-context.ts'
import './input-view.css'

/** What somebody said: a card with their name. */
export const InputView = memo(function InputView({ message }: { readonly message: Message }): ReactNode {
  const place = useSessionPlace()
  const { author, at, parts, edits } = message
  const mine = author === place.me
  const name = callName(place, author)
  const shown = place.names.get(author) ?? name
  return (
    <article
      className="input"
      data-mine={mine || undefined}
      aria-label={text.message.from(shown)}
      data-testid="message"
      data-seq={message.seq}
    >
      <header className="input-head">
        <Avatar actor={author} name={shown} agent={actorKind(author) === 'agent'} />
        <h2 className="input-name">
          <bdi>{shown}</bdi>
          {mine && shown !== name && <span className="input-you"> ({name})</span>}
        </h2>
        {edits !== undefined && <span className="input-note">{text.message.edited}</span>}
        <MomentTime at={at} seq={message.seq} />
      </header>
      <div className="input-body" dir="auto">
        <Parts parts={parts} breaks />
      </div>
    </article>
  )
})
