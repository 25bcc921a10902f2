import { floorSessions } from '@headrace/factory/floor'
import { useSession } from '@headrace/client/react'
import { useMemo, type ReactNode } from 'react'
import { mergeQueue, type OfferedChange } from '../model/merge-queue.ts'
import { Terminal } from '../parts/terminal.tsx'
import { text } from '../text.ts'
import { Empty } from '../ui/empty.tsx'
import { ChangeVerdict } from './change-verdict.tsx'
import './gate-queue.css'

interface Props {
  readonly floor: string
  readonly lane: string
}

/** What the gate said of each change that the lane has offered, with what it printed. */
export function GateLog({ floor, lane }: Props): ReactNode {
  const { view } = useSession(floorSessions(floor).merge)
  const { judging, waiting, judged } = useMemo(() => mergeQueue(view), [view])
  const own = ({ offer }: OfferedChange): boolean => offer.lane === lane
  const open = [...waiting, ...judging].filter(own)
  const over = judged.filter(own)
  if (open.length + over.length === 0) return <Empty title={text.gateLog.none} lead={text.gateLog.noneLead} />
  return (
    <ul className="changes gate-log" data-testid="gate-log">
      {open.map(({ run, offer }) => (
        <li key={run.id} className="change" data-state="judging">
          <p className="change-name">
            <span className="task-id">{offer.task}</span> <bdi>{offer.title}</bdi>
          </p>
          <p className="change-why">{run.status === 'queued' ? text.floor.inQueue : text.gateLog.judging}</p>
        </li>
      ))}
      {over.map(({ run, offer, verdict, at }) => (
        <li key={run.id} className="change" data-state="judged" data-testid="gate-said" data-verdict={verdict.verdict}>
          <p className="change-name">
            <span className="task-id">{offer.task}</span> <bdi>{offer.title}</bdi>{' '}
            <span className="change-lane">{text.gateLog.round(offer.attempt, offer.round)}</span>
          </p>
          <ChangeVerdict verdict={verdict} at={at} />
          {verdict.facts && <Facts facts={verdict.facts} />}
          {verdict.evidence !== undefined && verdict.evidence !== '' && (
            <Terminal printed={verdict.evidence} label={text.floor.evidence} />
          )}
        </li>
      ))}
    </ul>
  )
}

function Facts({ facts }: { readonly facts: Readonly<Record<string, unknown>> }): ReactNode {
  const told = Object.entries(facts).filter(([, value]) => typeof value === 'number' || typeof value === 'string')
  return (
    <dl className="gate-facts">
      {told.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{typeof value === 'number' ? text.number(value) : String(value)}</dd>
        </div>
      ))}
    </dl>
  )
}
