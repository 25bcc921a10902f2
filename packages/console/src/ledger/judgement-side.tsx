import type { Decision, FloorDocument, FloorSessions } from '@headrace/factory/floor'
import { actorId } from '@headrace/core'
import { useMemo, type ReactNode } from 'react'
import { CirclesNote } from '../floor/circles-note.tsx'
import { MoreButton, useShown } from '../floor/more-button.tsx'
import { circlesOf, proposalsOf, type CircleVerdict } from '../model/judgement.ts'
import { hrefOf } from '../route/route.ts'
import { text } from '../text.ts'
import { Time } from '../ui/time.tsx'
import { ProposalCard } from './proposal-card.tsx'

interface Props {
  readonly floor: FloorDocument
  readonly sessions: FloorSessions
}

/** What was said of agents, what is proposed, and what people have decided about proposals. */
export function JudgementSide({ floor, sessions }: Props): ReactNode {
  const circles = useMemo(() => circlesOf(floor), [floor])
  const proposals = useMemo(() => proposalsOf(floor), [floor])
  const decisions = useMemo(() => (floor.decisions ?? []).toReversed(), [floor])
  const shownCircles = useShown(circles)
  const shownProposals = useShown(proposals)
  const shownDecisions = useShown(decisions)
  const words = text.ledger.judgement
  return (
    <>
      <section className="ledger-lines" aria-labelledby="circles">
        <h2 id="circles" className="ledger-heading">
          {words.circles} <span className="floor-count">{text.number(circles.length)}</span>
        </h2>
        {circles.length === 0 ? (
          <p className="ledger-note">{words.noCircles}</p>
        ) : (
          <p className="ledger-note">{words.counts(countOf(circles))}</p>
        )}
        <ul className="cards">
          {shownCircles.shown.map((verdict) => (
            <Circle key={`${verdict.task.id}.${verdict.attempt}`} verdict={verdict} sessions={sessions} />
          ))}
        </ul>
        <MoreButton more={shownCircles.more} />
      </section>
      <section className="ledger-lines" aria-labelledby="proposals">
        <h2 id="proposals" className="ledger-heading">
          {words.proposals} <span className="floor-count">{text.number(proposals.length)}</span>
        </h2>
        {proposals.length === 0 && <p className="ledger-note">{words.noProposals}</p>}
        <ul className="proposals">
          {shownProposals.shown.map((task) => (
            <ProposalCard key={task.id} task={task} />
          ))}
        </ul>
        <MoreButton more={shownProposals.more} />
      </section>
      <section className="ledger-lines" aria-labelledby="decisions">
        <h2 id="decisions" className="ledger-heading">
          {words.decisions} <span className="floor-count">{text.number(decisions.length)}</span>
        </h2>
        <p className="ledger-note">{decisions.length === 0 ? words.noDecisions : words.decisionsNote}</p>
        <ul className="decisions">
          {shownDecisions.shown.map((decision) => (
            <Decided key={`${decision.at} ${decision.title}`} decision={decision} />
          ))}
        </ul>
        <MoreButton more={shownDecisions.more} />
      </section>
    </>
  )
}

type Counts = Readonly<Record<CircleVerdict['judged'], number>>

function countOf(circles: readonly CircleVerdict[]): Counts {
  const count = (judged: CircleVerdict['judged']): number => circles.filter((each) => each.judged === judged).length
  return { now: count('now'), landed: count('landed'), stood: count('stood'), overruled: count('overruled') }
}

function Circle({
  verdict,
  sessions,
}: {
  readonly verdict: CircleVerdict
  readonly sessions: FloorSessions
}): ReactNode {
  const { task, attempt, lane, waffling, endedAt, judged, overrule, mayOverrule } = verdict
  const words = text.ledger.judgement
  return (
    <li className="ledger-card" data-testid="circle" data-task={task.id} data-attempt={attempt} data-judged={judged}>
      <p className="ledger-card-name">
        <span className="task-id">{task.id}</span> <bdi>{task.title}</bdi>
      </p>
      <p className="case-head">
        <a href={hrefOf(sessions.lane(lane))}>{text.ledger.attemptOf(task.id, attempt, lane)}</a>{' '}
        <span className="badge" data-tone={judged}>
          {words.judged[judged]}
        </span>{' '}
        {endedAt !== undefined && <Time at={endedAt} />}
      </p>
      <CirclesNote task={task.id} waffling={waffling} isOpen={mayOverrule} />
      {overrule && (
        <p className="case-why" dir="auto">
          {words.overruledBy(actorId(overrule.by), overrule.reason)}
        </p>
      )}
    </li>
  )
}

function Decided({
  decision: { title, decision, reason, by, at, signature },
}: {
  readonly decision: Decision
}): ReactNode {
  const words = text.ledger.judgement
  return (
    <li className="decision" data-testid="decision" data-decision={decision}>
      <p className="ledger-card-name">
        <span className="badge" data-tone={decision}>
          {words.decided[decision]}
        </span>{' '}
        <bdi>{title}</bdi>
      </p>
      {reason !== undefined && (
        <p className="ledger-card-words" dir="auto">
          {reason}
        </p>
      )}
      <p className="ledger-note">
        {words.decidedBy(actorId(by), signature.source)} <Time at={at} />
      </p>
    </li>
  )
}
