import type { GateVerdict, Offer } from '@headrace/factory/floor'
import type { ReactNode } from 'react'
import type { MergeQueue, OfferedChange } from '../model/merge-queue.ts'
import { elapsed } from '../model/time.ts'
import { Terminal } from '../parts/terminal.tsx'
import { hrefOf } from '../route/route.ts'
import { text } from '../text.ts'
import { useFloorPlace } from './floor-context.ts'
import { ChangeVerdict } from './change-verdict.tsx'
import './gate-queue.css'

interface Props {
  readonly queue: MergeQueue
  readonly now: number
}

const verdictsShown = 8

/** What the gate judges, what waits for it, and what it said of the last changes. */
export function GateQueue({ queue, now }: Props): ReactNode {
  const { sessions } = useFloorPlace()
  const { judging, waiting, judged } = queue
  const nothing = judging.length + waiting.length + judged.length === 0
  return (
    <section className="floor-section" aria-labelledby="floor-gate" data-testid="gate">
      <h2 id="floor-gate" className="floor-heading">
        {nothing ? text.floor.gate : <a href={hrefOf(sessions.merge)}>{text.floor.gate}</a>}{' '}
        <span className="floor-count">{text.number(judging.length + waiting.length)}</span>
      </h2>
      {nothing && <p className="floor-none">{text.floor.gateNone}</p>}
      <ul className="changes">
        {judging.map((change) => (
          <Judging key={change.run.id} change={change} now={now} />
        ))}
        {waiting.map(({ run, offer }) => (
          <li key={run.id} className="change" data-state="waiting">
            <Name offer={offer} />
            <p className="change-why">{text.floor.inQueue}</p>
          </li>
        ))}
        {judged.slice(0, verdictsShown).map(({ run, offer, verdict, at }) => (
          <li key={run.id} className="change" data-state="judged" data-testid="verdict" data-verdict={verdict.verdict}>
            <Name offer={offer} />
            <ChangeVerdict verdict={verdict} at={at} />
            <Evidence verdict={verdict} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function Judging({ change: { run, offer }, now }: { readonly change: OfferedChange; readonly now: number }): ReactNode {
  const since = run.status === 'active' ? run.claimedAt : run.queuedAt
  return (
    <li className="change" data-state="judging" data-testid="judging">
      <Name offer={offer} />
      <p className="change-why">{text.floor.judging(elapsed(now - since))}</p>
    </li>
  )
}

function Name({ offer: { task, title, lane, round } }: { readonly offer: Offer }): ReactNode {
  return (
    <p className="change-name">
      <span className="task-id">{task}</span> <bdi>{title}</bdi>{' '}
      <span className="change-lane">{text.floor.fromLane(lane, round)}</span>
    </p>
  )
}

function Evidence({ verdict: { evidence, verdict } }: { readonly verdict: GateVerdict }): ReactNode {
  if (evidence === undefined || evidence === '' || verdict === 'merged') return null
  return (
    <details className="change-evidence">
      <summary>{text.floor.evidence}</summary>
      <Terminal printed={evidence} label={text.floor.evidence} />
    </details>
  )
}
