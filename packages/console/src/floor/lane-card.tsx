import type { FloorDocument, PlanLane } from '@headrace/factory/floor'
import type { ReactNode } from 'react'
import type { BoardLane } from '../model/floor-board.ts'
import { hrefOf } from '../route/route.ts'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import { useFloorPlace } from './floor-context.ts'
import { LaneWork } from './lane-work.tsx'
import './lane-card.css'

interface Props {
  readonly laid: BoardLane
  readonly floor: FloorDocument
  readonly atGate: ReadonlySet<string>
  readonly attended: boolean
  readonly now: number
}

/** A lane: what it is for, how much it may do by itself, and what it does now. */
export function LaneCard({ laid, floor, atGate, attended, now }: Props): ReactNode {
  const { sessions, ask, may } = useFloorPlace()
  const { lane, work, paused } = laid
  const { name } = lane
  return (
    <li className="lane" data-testid="lane" data-lane={name} data-busy={work.length > 0 || undefined}>
      <header className="lane-head">
        <div className="lane-names">
          <h3 className="lane-name">
            <a className="lane-link" href={hrefOf(sessions.lane(name))}>
              <bdi>{name}</bdi>
            </a>
          </h3>
          <p className="lane-kind">{kindOf(lane)}</p>
          {lane.confined !== undefined && (
            <p className="lane-confined" dir="auto">
              {text.floor.confined(lane.confined)}
            </p>
          )}
        </div>
        {may.send && (
          <Button
            className="lane-pause"
            look="quiet"
            size="small"
            icon={<Icon name={paused === undefined ? 'pause' : 'play'} />}
            aria-label={paused === undefined ? text.floor.pauseLane(name) : text.floor.resumeLane(name)}
            title={paused === undefined ? text.floor.pauseLaneHint : text.floor.resumeLane(name)}
            onClick={() => ask({ ask: paused === undefined ? 'pause-lane' : 'resume-lane', lane: name })}
          />
        )}
      </header>
      {paused !== undefined && (
        <p className="lane-paused" dir="auto">
          {text.floor.lanePaused(paused)}
        </p>
      )}
      {work.map((task) => (
        <LaneWork key={task.id} lane={name} task={task} floor={floor} atGate={atGate} attended={attended} now={now} />
      ))}
      {work.length === 0 && paused === undefined && <p className="lane-idle">{text.floor.idle[floor.mode]}</p>}
    </li>
  )
}

function kindOf({ kind, oversight, wip }: PlanLane): string {
  const words = [text.floor.kinds[kind] ?? kind, text.floor.oversight[oversight] ?? oversight]
  return [...words, ...(wip > 1 ? [text.floor.wip(wip)] : [])].join(' · ')
}
