import { actorKind, type Message } from '@headrace/core'
import { memo, useState, type ReactNode } from 'react'
import { Parts } from '../parts/parts.tsx'
import { text } from '../text.ts'
import { Avatar } from '../ui/avatar.tsx'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import { useBranchPlace } from './branch-context.ts'
import { EditForm } from './edit-form.tsx'
import { MomentTime } from './moment-time.tsx'
import { callName, useSessionPlace } from './session-context.ts'
import { VersionSwitch } from './version-switch.tsx'
import './input-view.css'

interface Props {
  readonly message: Message
  /** Its place in the session, from 1: only what is near is on the page, and who hears it should know where they are. */
  readonly place: number
  /** How many there are; -1 while that is not known. */
  readonly of: number
}

/** What somebody said: a card with their name. */
export const InputView = memo(function InputView({ message, place: nth, of }: Props): ReactNode {
  const place = useSessionPlace()
  const { author, at, parts, edits } = message
  const [editing, setEditing] = useState(false)
  const version = useBranchPlace().versionOf.get(message.id)
  const mine = author === place.me
  const name = callName(place, author)
  const shown = place.names.get(author) ?? name
  return (
    <article
      className="input"
      data-mine={mine || undefined}
      aria-label={text.message.from(shown)}
      aria-posinset={nth}
      aria-setsize={of}
      data-testid="message"
      data-seq={message.seq}
    >
      <header className="input-head">
        <Avatar actor={author} name={shown} agent={actorKind(author) === 'agent'} />
        <h2 className="input-name">
          <bdi>{shown}</bdi>
          {mine && shown !== name && <span className="input-you"> ({name})</span>}
        </h2>
        {version ? (
          <VersionSwitch version={version} />
        ) : (
          edits !== undefined && <span className="input-note">{text.message.edited}</span>
        )}
        {mine && place.may.send && place.asks && message.redacted !== true && !editing && (
          <Button
            className="input-edit"
            size="small"
            look="quiet"
            icon={<Icon name="edit" />}
            aria-label={text.message.edit}
            title={text.message.edit}
            onClick={() => setEditing(true)}
          />
        )}
        <MomentTime at={at} seq={message.seq} />
      </header>
      <div className="input-body" dir="auto">
        {editing ? <EditForm message={message} onClose={() => setEditing(false)} /> : <Parts parts={parts} breaks />}
      </div>
    </article>
  )
})
