import type { Task } from '@headrace/factory/floor'
import { useId, useState, type ReactNode } from 'react'
import type { Board, BoardTask } from '../model/floor-board.ts'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { useFloorPlace } from './floor-context.ts'
import { TaskCard } from './task-card.tsx'
import './backlog.css'

interface Props {
  readonly board: Board
  readonly now: number
}

/** What is to be done, by how far it is. */
export function Backlog({ board, now }: Props): ReactNode {
  const { ready, working, over } = board
  const words = text.floor.columns
  return (
    <>
      <Column title={words.ready} none={words.readyNone} tasks={ready.map(waiting)} now={now} />
      <Column title={words.working} none={words.workingNone} tasks={working.map(inLane)} now={now} />
      <Column title={words.over} none={words.overNone} tasks={over.map(ended)} now={now} />
    </>
  )
}

function waiting({ task, why }: BoardTask): BoardTask {
  return { task, why: why === '' ? text.floor.beginsNow : text.floor.waits(why) }
}

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
  readonly now: number
}

const shownFirst = 12

function Column({ title, none, tasks, now }: ColumnProps): ReactNode {
  const [all, setAll] = useState(false)
  const heading = useId()
  const shown = all ? tasks : tasks.slice(0, shownFirst)
  return (
    <section className="floor-section" aria-labelledby={heading}>
      <h2 id={heading} className="floor-heading">
        {title} <span className="floor-count">{text.number(tasks.length)}</span>
      </h2>
      {tasks.length === 0 && <p className="floor-none">{none}</p>}
      <ul className="tasks">
        {shown.map(({ task, why }) => (
          <TaskCard key={task.id} task={task} note={why} now={now} />
        ))}
      </ul>
      {shown.length < tasks.length && (
        <Button look="quiet" size="small" onClick={() => setAll(true)}>
          {text.floor.showAll(tasks.length)}
        </Button>
      )}
    </section>
  )
}

interface NeedsProps {
  readonly tasks: readonly BoardTask[]
  readonly now: number
}

/** What goes no further without a person: each with why, and what that person can say. Absent when there is nothing. */
export function NeedsPerson({ tasks, now }: NeedsProps): ReactNode {
  if (tasks.length === 0) return null
  return (
    <section className="floor-section" aria-labelledby="floor-needs" data-testid="needs">
      <h2 id="floor-needs" className="floor-heading" data-tone="wait">
        {text.floor.needs} <span className="floor-count">{text.number(tasks.length)}</span>
      </h2>
      <ul className="tasks needs">
        {tasks.map(({ task, why }) => (
          <Needed key={task.id} task={task} why={why} now={now} />
        ))}
      </ul>
    </section>
  )
}

function review({ state }: Task): string {
  if (state.status !== 'review') return ''
  return state.why === undefined ? text.floor.needed.review(state.ref) : text.floor.needed.judged(state.why)
}

function Needed({ task, why, now }: BoardTask & { readonly now: number }): ReactNode {
  const { ask, reject, may } = useFloorPlace()
  const { status } = task.state
  const words = text.floor.needed
  const accept = status === 'parked' ? words.again : status === 'review' ? words.taken : words.accept
  const note = status === 'parked' ? words.parked(why) : status === 'review' ? review(task) : words.proposed
  return (
    <TaskCard task={task} note={note} now={now}>
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
