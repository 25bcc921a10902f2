import type { ReactNode } from 'react'
import { Icon, type IconName } from '../ui/icon.tsx'
import './fold.css'

interface Props {
  readonly icon: IconName
  readonly name: ReactNode
  /** One line of what is inside; cut where it does not fit. */
  readonly peek?: string
  readonly state?: string
  readonly tone?: 'busy' | 'failed'
  readonly testId?: string
  readonly children: ReactNode
}

/** One line that opens. Closed it keeps one height whatever arrives inside, so nothing moves while it streams. */
export function Fold({ icon, name, peek, state, tone, testId, children }: Props): ReactNode {
  return (
    <details className="fold" data-tone={tone} data-testid={testId}>
      <summary className="fold-line">
        <Icon name={icon} />
        <span className="fold-name">{name}</span>
        <span className="fold-peek" dir="auto">
          {peek}
        </span>
        {state !== undefined && <span className="fold-state">{state}</span>}
        <span className="fold-turn">
          <Icon name="chevron" />
        </span>
      </summary>
      <div className="fold-body">{children}</div>
    </details>
  )
}
