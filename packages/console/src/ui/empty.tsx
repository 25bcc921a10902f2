import type { ReactNode } from 'react'
import { Mark } from './mark.tsx'
import './empty.css'

interface Props {
  readonly title: string
  readonly lead: string
  readonly level?: 1 | 2
  readonly children?: ReactNode
}

/** A place with nothing in it yet: what it is for, and what to do next. */
export function Empty({ title, lead, level = 2, children }: Props): ReactNode {
  const Heading = level === 1 ? 'h1' : 'h2'
  return (
    <div className="empty">
      <Mark />
      <Heading className="empty-title">{title}</Heading>
      <p className="empty-lead">{lead}</p>
      {children}
    </div>
  )
}
