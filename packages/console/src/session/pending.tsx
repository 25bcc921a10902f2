import type { PendingCommand } from '@headrace/client'
import { useConnection } from '@headrace/client/react'
import type { PartStart } from '@headrace/core'
import type { ReactNode } from 'react'
import { Markdown } from '../markdown/markdown.tsx'
import { text } from '../text.ts'
import './input-view.css'
import './pending.css'

/** What was said and has not reached the server yet. Behind everything else, because its place is not known yet. */
export function Pending({ pending }: { readonly pending: readonly PendingCommand[] }): ReactNode {
  const online = useConnection().state === 'online'
  return pending.map(({ id, body }) => {
    if (body.type !== 'send' && body.type !== 'post') return null
    return (
      <article className="input pending" key={id} data-pending aria-label={text.people.yourself} data-testid="pending">
        <header className="input-head">
          <h2 className="input-name">{text.people.yourself}</h2>
          <span className="input-state">{online ? text.message.sending : text.message.waitingToBeSent}</span>
        </header>
        <div className="input-body" dir="auto">
          <Markdown source={wordsOf(body.parts)} breaks />
        </div>
      </article>
    )
  })
}

function wordsOf(parts: readonly PartStart[]): string {
  return parts.map((part) => (part.kind === 'text' ? (part.text ?? '') : '')).join('\n\n')
}
