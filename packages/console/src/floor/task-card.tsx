import type { Task } from '@headrace/factory/floor'
import { useState, type KeyboardEventHandler, type ReactNode, type RefObject } from 'react'
import { text } from '../text.ts'
import { Icon } from '../ui/icon.tsx'
import { TaskDetails } from './task-details.tsx'
import './task-card.css'

interface Props {
  readonly task: Task
  /** One line under the title: why it stands where it does. */
  readonly note?: string
  /** What can be done about it. */
  readonly children?: ReactNode
  /** Given the card itself. */
  readonly element?: RefObject<HTMLLIElement | null>
  /** What is only seen, as `data-` attributes. */
  readonly marks?: Readonly<Record<`data-${string}`, string | boolean | undefined>>
  readonly onOpen?: (isOpen: boolean) => void
  readonly onKey?: KeyboardEventHandler<HTMLElement>
  /** The pointer or the focus is on it, or no longer. */
  readonly onPoint?: (isOn: boolean) => void
}

/** A task: one line, what is said about it, and on demand everything that is known. */
export function TaskCard({ task, note, children, element, marks, onOpen, onKey, onPoint }: Props): ReactNode {
  const [open, setOpen] = useState(false)
  return (
    <li
      ref={element}
      className="task"
      data-testid="task"
      data-task={task.id}
      data-status={task.state.status}
      {...marks}
      onPointerEnter={onPoint && (() => onPoint(true))}
      onPointerLeave={onPoint && (() => onPoint(false))}
    >
      <details
        onToggle={(event) => {
          setOpen(event.currentTarget.open)
          onOpen?.(event.currentTarget.open)
        }}
      >
        {/* The line is what is focused, so keys that move the card are pressed on it. */}
        <summary
          className="task-line"
          onKeyDown={onKey}
          onFocus={onPoint && (() => onPoint(true))}
          onBlur={onPoint && (() => onPoint(false))}
        >
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
        {open && <TaskDetails task={task} />}
      </details>
      {children}
    </li>
  )
}
