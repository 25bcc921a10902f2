import type { ReactNode } from 'react'
import { safeHref } from './safe-href.ts'

interface Props {
  readonly href: string
  readonly className?: string
  readonly children: ReactNode
}

/** A link out of a session, if its address is one that may be followed; else its words. */
export function SafeLink({ href, className, children }: Props): ReactNode {
  const safe = safeHref(href)
  if (safe === undefined) return <span className={className}>{children}</span>
  return (
    <a className={className} href={safe} title={safe} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  )
}
