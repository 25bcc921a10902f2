import { memo, useRef, useState, type ReactNode } from 'react'
import type { Beside, Step, Ties } from '../model/board-columns.ts'
import type { BoardTask } from '../model/floor-board.ts'
import { text } from '../text.ts'
import { Icon } from '../ui/icon.tsx'
import { TaskCard } from './task-card.tsx'
import { useCardDrag, type Dropped } from './use-board-drag.ts'
import { useTouchDrag, type Touched } from './use-touch-drag.ts'

interface Props {
  readonly laid: BoardTask
  readonly column: string
  readonly ties: Ties | undefined
  /** How it is tied to the card that is pointed at. */
  readonly tied: 'before' | 'after' | undefined
  /** On which side of it a finger would drop another. */
  readonly touchedEdge: Beside['edge'] | undefined
  /** A finger drags it. */
  readonly isTouched: boolean
  readonly mayMove: boolean
  readonly onStep: (task: string, step: Step) => void
  readonly onPlace: (task: string) => void
  readonly onPoint: (task: string | undefined) => void
  readonly onTouch: (touched: Touched | undefined) => void
  readonly onDrop: (dropped: Dropped) => void
}

const keys: Readonly<Record<string, Step>> = {
  ArrowUp: 'sooner',
  ArrowDown: 'later',
  ArrowLeft: 'previous',
  ArrowRight: 'next',
}
const mirrored: Readonly<Partial<Record<Step, Step>>> = { previous: 'next', next: 'previous' }

/** A task that is ready: dragged, moved by keys, or by its button. */
export const BoardCard: (props: Props) => ReactNode = memo(function BoardCard({
  laid: { task, why },
  column,
  ties,
  tied,
  touchedEdge,
  isTouched,
  mayMove,
  onStep,
  onPlace,
  onPoint,
  onTouch,
  onDrop,
}: Props): ReactNode {
  const element = useRef<HTMLLIElement>(null)
  const [isOpen, setIsOpen] = useState(false)
  const { id } = task
  // What is opened is read, and its words can be marked.
  const { edge, isAway } = useCardDrag(element, { task: id, column, isFree: mayMove && !isOpen })
  const touch = useTouchDrag(id, onTouch, onDrop)
  return (
    <TaskCard
      task={task}
      note={why === '' ? text.floor.beginsNow : text.floor.waits(why)}
      element={element}
      onOpen={setIsOpen}
      marks={{
        'data-edge': edge ?? touchedEdge,
        'data-away': isAway || isTouched || undefined,
        'data-tied': tied,
        'data-movable': mayMove || undefined,
      }}
      onKey={(event) => {
        const step = event.altKey ? keys[event.key] : undefined
        if (!mayMove || step === undefined) return
        // Alt and an arrow are also the browser's way back.
        event.preventDefault()
        const isMirrored = getComputedStyle(event.currentTarget).direction === 'rtl'
        onStep(id, (isMirrored && mirrored[step]) || step)
      }}
      onPoint={(isOn) => onPoint(isOn ? id : undefined)}
    >
      {ties && <p className="task-ties">{text.floor.board.ties(ties.before, ties.after)}</p>}
      {mayMove && (
        <button
          type="button"
          className="task-grip"
          aria-label={text.floor.board.move(id)}
          title={text.floor.board.moveHint}
          onClick={() => onPlace(id)}
          {...touch}
        >
          <Icon name="grip" />
        </button>
      )}
    </TaskCard>
  )
})
