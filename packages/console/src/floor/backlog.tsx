import type { Task } from '@headrace/factory/floor'
import { memo, useId, type ReactNode } from 'react'
import type { Board, BoardTask } from '../model/floor-board.ts'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { useFloorPlace } from './floor-context.ts'
import { MoreButton, useShown } from './more-button.tsx'
import { TaskCard } from './task-card.tsx'
import '../ui/cards.css'
import './backlog.css'

/** What is under way, and what is over. */
export const Backlog: (props: { readonly board: Board }) => ReactNode = memo(function Backlog({
  board: { working, over },
}: {
  readonly board: Board
}): ReactNode {
  const words = text.floor.columns
  return (
    <>
      <Column title={words.working} none={words.workingNone} tasks={working.map(inLane)} />
      <Column title={words.over} none={words.overNone} tasks={over.map(ended)} />
    </>
  )
})

function inLane(task: Task): BoardTask {
  const { state } = task
  return { task, why: state.status === 'working' ? text.floor.inLane(state.lane, state.attempt) : '' }
}

function ended({ task, why }: BoardTask): BoardTask {
  const words = task.state.status === 'rejected' ? text.floor.rejectedBecause(why) : text.floor.mergedAs(why)
  return { task, why: words }
}

interface ColumnProps {
  readonly title: string
  readonly none: string
  readonly tasks: readonly BoardTask[]
}

function Column({ title, none, tasks }: ColumnProps): ReactNode {
  const heading = useId()
  const { shown, more } = useShown(tasks)
  return (
    <section className="floor-section" aria-labelledby={heading}>
      <h2 id={heading} className="floor-heading">
        {title} <span className="floor-count">{text.number(tasks.length)}</span>
      </h2>
      {tasks.length === 0 && <p className="floor-none">{none}</p>}
      <ul className="tasks">
        {shown.map(({ task, why }) => (
          <TaskCard key={task.id} task={task} note={why} />
        ))}
      </ul>
      <MoreButton more={more} />
    </section>
  )
}

interface NeedsProps {
  readonly tasks: readonly BoardTask[]
}

/** What goes no further without a person: each with why, and what that person can say. Absent when there is nothing. */
export function NeedsPerson({ tasks }: NeedsProps): ReactNode {
  const { shown, more } = useShown(tasks)
  if (tasks.length === 0) return null
  return (
    <section className="floor-section" aria-labelledby="floor-needs" data-testid="needs">
      <h2 id="floor-needs" className="floor-heading" data-tone="wait">
        {text.floor.needs} <span className="floor-count">{text.number(tasks.length)}</span>
      </h2>
      <ul className="cards needs">
        {shown.map(({ task, why }) => (
          <Needed key={task.id} task={task} why={why} />
        ))}
      </ul>
      <MoreButton more={more} />
    </section>
  )
}

function review({ state }: Task): string {
  if (state.status !== 'review') return ''
  return state.why === undefined ? text.floor.needed.review(state.ref) : text.floor.needed.judged(state.why)
}

function Needed({ task, why }: BoardTask): ReactNode {
  const { ask, reject, may } = useFloorPlace()
  const { status } = task.state
  const words = text.floor.needed
  const accept = status === 'parked' ? words.again : status === 'review' ? words.taken : words.accept
  const note = status === 'parked' ? words.parked(why) : status === 'review' ? review(task) : words.proposed
  return (
    <TaskCard task={task} note={note}>
      {may.send && (
        <div className="task-actions">
          <Button
            size="small"
            look="primary"
            aria-label={`${accept}: ${task.id}`}
            onClick={() => ask({ ask: 'accept-task', task: task.id })}
          >
            {accept}
          </Button>
          <Button size="small" aria-label={`${text.floor.reject}: ${task.id}`} onClick={() => reject(task)}>
            {text.floor.reject}
          </Button>
        </div>
      )}
    </TaskCard>
  )
}
