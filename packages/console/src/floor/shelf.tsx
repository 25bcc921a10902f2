import type { FloorDocument } from '@headrace/factory/floor'
import { memo, useMemo, type ReactNode } from 'react'
import { shelvedOf, type Shelved } from '../model/shelf.ts'
import { dateOf } from '../model/time.ts'
import { hrefOf } from '../route/route.ts'
import { text } from '../text.ts'
import { Time } from '../ui/time.tsx'
import { useFloorPlace } from './floor-context.ts'
import { MoreButton, useShown } from './more-button.tsx'
import { UndoButton } from './undo-button.tsx'
import '../ui/cards.css'
import './shelf.css'

interface Props {
  readonly floor: FloorDocument
}

/** What was put away, with why, and a button that brings it back. Absent where nothing is. */
export const Shelf: (props: Props) => ReactNode = memo(function Shelf({ floor }: Props): ReactNode {
  const shelved = useMemo(() => shelvedOf(floor), [floor])
  const { shown, more } = useShown(shelved, 4)
  if (shelved.length === 0) return null
  return (
    <section className="floor-section" aria-labelledby="floor-shelf" data-testid="shelf">
      <h2 id="floor-shelf" className="floor-heading">
        {text.floor.shelf.title} <span className="floor-count">{text.number(shelved.length)}</span>
      </h2>
      <ul className="cards shelf">
        {shown.map((each) => (
          <Clone key={each.clone.id} shelved={each} />
        ))}
      </ul>
      <MoreButton more={more} />
    </section>
  )
})

function Clone({ shelved: { clone, task, attempt } }: { readonly shelved: Shelved }): ReactNode {
  const { sessions } = useFloorPlace()
  const { id, reason, at, state } = clone
  const words = text.floor.shelf
  return (
    <li className="shelved" data-testid="shelved" data-attempt={id} data-state={state.is}>
      <div className="shelved-words">
        <p className="shelved-name">
          <span className="task-id">{id}</span> {task && <bdi>{task.title}</bdi>}
        </p>
        <p className="shelved-facts">
          {attempt && (
            <>
              <span className="outcome" data-outcome={attempt.outcome}>
                {text.floor.outcomes[attempt.outcome] ?? attempt.outcome}
              </span>{' '}
              <a href={hrefOf(sessions.lane(attempt.lane))}>
                <bdi>{attempt.lane}</bdi>
              </a>
              {' · '}
            </>
          )}
          <Time at={at} />
          {state.is !== 'back' && ` · ${words.until(dateOf(state.until))}`}
        </p>
        <p className="shelved-why" dir="auto">
          {attempt?.why ?? reason}
        </p>
        {attempt?.waffling && (
          <p className="shelved-why" dir="auto">
            {text.floor.circles(
              text.floor.rungs[attempt.waffling.rung] ?? attempt.waffling.rung,
              attempt.waffling.evidence,
            )}
          </p>
        )}
      </div>
      <UndoButton clone={clone} />
    </li>
  )
}
