import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, type ReactNode } from 'react'
import {
  columnsOf,
  dropOf,
  stepOf,
  tiesOf,
  type BoardBy,
  type BoardColumn,
  type ColumnPlace,
  type Step,
  type Ties,
} from '../model/board-columns.ts'
import type { Board as Laid } from '../model/floor-board.ts'
import { text } from '../text.ts'
import { createSetting } from '../ui/setting.ts'
import { useSetting } from '../ui/use-setting.ts'
import { BoardCard } from './board-card.tsx'
import { useFloorPlace } from './floor-context.ts'
import { MoreButton, useShown } from './more-button.tsx'
import { PlaceDialog } from './place-dialog.tsx'
import { useColumnDrop, useDrops, type Dropped } from './use-board-drag.ts'
import type { Touched } from './use-touch-drag.ts'
import './board.css'

const manyCards = 40
const ways: readonly BoardBy[] = ['priority', 'lane']
const boardBy = createSetting<BoardBy>('board-by', ['priority', 'lane'])

/** What is ready, side by side by urgency or by lane; its cards are put elsewhere by dragging, by keys, or by a dialog. */
export function Board({ board }: { readonly board: Laid }): ReactNode {
  const { ask, may } = useFloorPlace()
  const by = useSetting(boardBy)
  const [placing, setPlacing] = useState<string>()
  const [pointed, setPointed] = useState<string>()
  const [touched, setTouched] = useState<Touched>()
  const columns = useMemo(() => columnsOf(board, by), [board, by])
  const ties = useMemo(() => tiesOf(board), [board])
  const root = useRef<HTMLElement>(null)
  const follow = useFollowed(root)
  const latest = useRef(columns)
  useLayoutEffect(() => {
    latest.current = columns
  })
  const onStep = useCallback(
    (task: string, step: Step) => {
      const request = stepOf(latest.current, task, step)
      if (!request) return
      follow(task)
      ask(request)
    },
    [ask, follow],
  )
  const onDrop = useCallback(
    ({ task, column: key, beside }: Dropped) => {
      const column = latest.current.find((each) => each.key === key)
      const request = column && dropOf(column, task, beside)
      if (request) ask(request)
    },
    [ask],
  )
  useDrops(onDrop)
  const words = text.floor.board
  const task = placing === undefined ? undefined : board.floor.tasks[placing]
  return (
    <section ref={root} className="floor-section board" aria-labelledby="floor-board" data-testid="board" data-by={by}>
      <header className="board-head">
        <h2 id="floor-board" className="floor-heading">
          {text.floor.columns.ready} <span className="floor-count">{text.number(board.ready.length)}</span>
        </h2>
        <fieldset className="board-ways" aria-label={words.by}>
          {ways.map((each) => (
            <button
              key={each}
              type="button"
              className="board-way"
              aria-pressed={by === each}
              onClick={() => boardBy.set(each)}
            >
              {words.ways[each]}
            </button>
          ))}
        </fieldset>
        {may.send && board.ready.length > 0 && <p className="board-hint">{words.hint}</p>}
      </header>
      <div className="board-columns">
        {columns.map((column) => (
          <Column
            key={column.key}
            column={column}
            ties={ties}
            pointed={pointed}
            touched={touched}
            mayMove={may.send}
            onStep={onStep}
            onPlace={setPlacing}
            onPoint={setPointed}
            onTouch={setTouched}
            onDrop={onDrop}
          />
        ))}
      </div>
      {task && <PlaceDialog task={task} board={board} onClose={() => setPlacing(undefined)} />}
    </section>
  )
}

interface ColumnProps {
  readonly column: BoardColumn
  readonly ties: ReadonlyMap<string, Ties>
  readonly pointed: string | undefined
  /** The card that a finger drags, on any column. */
  readonly touched: Touched | undefined
  readonly mayMove: boolean
  readonly onStep: (task: string, step: Step) => void
  readonly onPlace: (task: string) => void
  readonly onPoint: (task: string | undefined) => void
  readonly onTouch: (touched: Touched | undefined) => void
  readonly onDrop: (dropped: Dropped) => void
}

function Column({ column, ties, pointed, touched, mayMove, ...calls }: ColumnProps): ReactNode {
  const { key, place, tasks } = column
  const element = useRef<HTMLElement>(null)
  const isOver = useColumnDrop(element, key)
  const { shown, more } = useShown(tasks)
  const drop = touched?.drop?.column === key ? touched.drop : undefined
  const around = pointed === undefined ? undefined : ties.get(pointed)
  return (
    <section
      ref={element}
      className="board-column"
      data-testid="board-column"
      data-column={key}
      data-over={isOver || (drop && !drop.beside) || undefined}
      data-empty={tasks.length === 0 || undefined}
      data-long={shown.length > manyCards || undefined}
    >
      <h3 className="board-title">
        <bdi>{titleOf(place)}</bdi> <span className="floor-count">{text.number(tasks.length)}</span>
      </h3>
      <ul className="tasks">
        {shown.map((laid) => (
          <BoardCard
            key={laid.task.id}
            laid={laid}
            column={key}
            ties={ties.get(laid.task.id)}
            tied={tiedTo(around, laid.task.id)}
            touchedEdge={drop?.beside?.task === laid.task.id ? drop.beside.edge : undefined}
            isTouched={touched?.task === laid.task.id}
            mayMove={mayMove}
            {...calls}
          />
        ))}
      </ul>
      <MoreButton more={more} />
    </section>
  )
}

function titleOf(place: ColumnPlace): string {
  if ('priority' in place) return text.floor.priorities[place.priority]
  return 'lane' in place ? place.lane : text.floor.board.anyLane
}

function tiedTo(ties: Ties | undefined, task: string): 'before' | 'after' | undefined {
  if (ties?.before.includes(task)) return 'before'
  return ties?.after.includes(task) ? 'after' : undefined
}

/** Keeps the focus on a card that was moved by a key: it goes to another place of the page, and the browser lets go of it. */
function useFollowed(root: React.RefObject<HTMLElement | null>): (task: string) => void {
  const followed = useRef<string>(undefined)
  useLayoutEffect(() => {
    if (followed.current === undefined || document.activeElement !== document.body) return
    root.current?.querySelector<HTMLElement>(`[data-task="${followed.current}"] summary`)?.focus()
  })
  useEffect(() => {
    const leave = (): void => void (followed.current = undefined)
    addEventListener('pointerdown', leave)
    return () => removeEventListener('pointerdown', leave)
  }, [])
  return useCallback((task: string) => void (followed.current = task), [])
}
