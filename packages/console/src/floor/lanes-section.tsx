import type { FloorDocument } from '@headrace/factory/floor'
import { useMemo, useState, type ReactNode } from 'react'
import type { BoardLane } from '../model/floor-board.ts'
import { text } from '../text.ts'
import { LaneCard } from './lane-card.tsx'
import { MoreButton, useShown } from './more-button.tsx'
import '../ui/cards.css'
import '../ui/field.css'
import './lanes-section.css'

interface Props {
  readonly lanes: readonly BoardLane[]
  readonly floor: FloorDocument
  readonly atGate: ReadonlySet<string>
  readonly attended: boolean
  readonly now: number
}

/** Up to here all lanes are shown as they are. Each that is at work is followed, so a page must not show hundreds. */
const manyLanes = 24

/** The lanes of a floor; of many those at work first, and the free ones behind a fold. */
export function LanesSection({ lanes, ...rest }: Props): ReactNode {
  const isMany = lanes.length > manyLanes
  const [sought, setSought] = useState('')
  const like = sought.trim().toLowerCase()
  const [busy, free] = useMemo(() => {
    const found = like === '' ? lanes : lanes.filter(({ lane }) => lane.name.includes(like))
    if (!isMany || found.length <= manyLanes) return [found, []]
    const isBusy = ({ work, paused }: BoardLane): boolean => work.length > 0 || paused !== undefined
    return [found.filter(isBusy), found.filter((each) => !isBusy(each))]
  }, [lanes, like, isMany])
  return (
    <section className="floor-section" aria-labelledby="floor-lanes">
      <div className="lanes-head">
        <h2 id="floor-lanes" className="floor-heading">
          {text.floor.lanes} <span className="floor-count">{text.number(lanes.length)}</span>
        </h2>
        {isMany && (
          <input
            type="search"
            className="field-input lanes-seek"
            aria-label={text.floor.seekLane}
            placeholder={text.floor.seekLane}
            value={sought}
            onChange={(event) => setSought(event.target.value)}
          />
        )}
      </div>
      {lanes.length === 0 && <p className="floor-none">{text.floor.noLanes}</p>}
      {lanes.length > 0 && busy.length + free.length === 0 && <p className="floor-none">{text.floor.noLaneFound}</p>}
      <Cards lanes={busy} {...rest} />
      {free.length > 0 && <FreeLanes lanes={free} {...rest} />}
    </section>
  )
}

function Cards({ lanes, floor, atGate, attended, now }: Props): ReactNode {
  const { shown, more } = useShown(lanes, manyLanes)
  return (
    <>
      <ul className="cards lanes" data-testid="lanes">
        {shown.map((each) => (
          <LaneCard key={each.lane.name} laid={each} floor={floor} atGate={atGate} attended={attended} now={now} />
        ))}
      </ul>
      <MoreButton more={more} />
    </>
  )
}

function FreeLanes(props: Props): ReactNode {
  const [isOpen, setIsOpen] = useState(false)
  return (
    <details onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary className="lanes-free">{text.floor.freeLanes(props.lanes.length)}</summary>
      {isOpen && <Cards {...props} />}
    </details>
  )
}
