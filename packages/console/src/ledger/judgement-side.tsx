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
  const words = text.ledger.judgement
  return (
    <>
      <Listed
        id="circles"
        title={words.circles}
        note={circles.length === 0 ? words.noCircles : words.counts(countOf(circles))}
        look="cards"
        items={circles}
        item={(verdict) => (
          <Circle key={`${verdict.task.id}.${verdict.attempt}`} verdict={verdict} sessions={sessions} />
        )}
      />
      <Listed
        id="proposals"
        title={words.proposals}
        note={proposals.length === 0 ? words.noProposals : undefined}
        look="proposals"
        items={proposals}
        item={(task) => <ProposalCard key={task.id} task={task} />}
      />
      <Listed
        id="decisions"
        title={words.decisions}
        note={decisions.length === 0 ? words.noDecisions : words.decisionsNote}
        look="decisions"
        items={decisions}
        item={(decision) => <Decided key={`${decision.at} ${decision.title}`} decision={decision} />}
      />
    </>
  )
}

interface ListedProps<T> {
  readonly id: string
  readonly title: string
  readonly note: string | undefined
  readonly look: 'cards' | 'proposals' | 'decisions'
  readonly items: readonly T[]
  readonly item: (item: T) => ReactNode
}

/** A list under its heading, which says how many there are; a long one is shown in part at first. */
function Listed<T>({ id, title, note, look, items, item }: ListedProps<T>): ReactNode {
  const { shown, more } = useShown(items)
  return (
    <section className="ledger-lines" aria-labelledby={id}>
      <h2 id={id} className="ledger-heading">
        {title} <span className="floor-count">{text.number(items.length)}</span>
      </h2>
      {note !== undefined && <p className="ledger-note">{note}</p>}
      <ul className={look}>{shown.map(item)}</ul>
      <MoreButton more={more} />
    </section>
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
