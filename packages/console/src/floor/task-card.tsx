import type { Task } from '@headrace/factory/floor'
import { useState, type ReactNode } from 'react'
import { text } from '../text.ts'
import { Icon } from '../ui/icon.tsx'
import { TaskDetails } from './task-details.tsx'
import './task-card.css'

interface Props {
  readonly task: Task
  /** One line under the title: why it stands where it does. */
  readonly note?: string
  readonly now: number
  /** What can be done about it. */
  readonly children?: ReactNode
}

/** A task: one line, what is said about it, and on demand everything that is known. */
export function TaskCard({ task, note, now, children }: Props): ReactNode {
  const [open, setOpen] = useState(false)
  return (
    <li className="task" data-testid="task" data-task={task.id} data-status={task.state.status}>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary className="task-line">
          <span className="task-words">
            <span className="task-title">
              <span className="task-id">{task.id}</span> <bdi>{task.title}</bdi>
            </span>
            {note !== undefined && note !== '' && (
              <span className="task-note" dir="auto">
                {note}
              </span>
            )}
          </span>
          <span className="task-priority" data-priority={task.priority} title={text.floor.priorities[task.priority]}>
            P{task.priority}
          </span>
          <span className="task-turn">
            <Icon name="chevron" />
          </span>
        </summary>
        {open && <TaskDetails task={task} now={now} />}
      </details>
      {children}
    </li>
  )
}
