import type { ReactNode } from 'react'
import { Icon, type IconName } from './icon.tsx'
import './note.css'

interface Props {
  readonly icon: IconName
  /** What is so, in a few words. */
  readonly title: string
  /** What that means for the reader. */
  readonly lead: string
  readonly testId: string
  /** What can be done about it. */
  readonly children?: ReactNode
}

/** A line above a page that says that it is not all that it could be. */
export function Note({ icon, title, lead, testId, children }: Props): ReactNode {
  return (
    <div className="note" data-testid={testId}>
      <Icon name={icon} />
      <output className="note-words">
        <b>{title}</b> {lead}
      </output>
      {children}
    </div>
  )
}
