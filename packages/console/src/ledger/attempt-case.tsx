import type { EndedAttempt, FloorSessions, Task } from '@headrace/factory/floor'
import type { ReactNode } from 'react'
import { hrefOf } from '../route/route.ts'
import { text } from '../text.ts'
import { Time } from '../ui/time.tsx'

interface Props {
  readonly task: Task
  readonly attempt: EndedAttempt
  readonly sessions: FloorSessions
}

/** An attempt as evidence: what it came to, and where that stands. */
export function AttemptCase({ task, attempt: { attempt, lane, why, endedAt }, sessions }: Props): ReactNode {
  return (
    <li className="case">
      <p className="case-head">
        <a href={hrefOf(sessions.lane(lane))}>{text.ledger.attemptOf(task.id, attempt, lane)}</a> <Time at={endedAt} />
      </p>
      <p className="case-why" dir="auto">
        {why}
      </p>
    </li>
  )
}
