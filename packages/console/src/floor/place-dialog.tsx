import { waitsFor, type Priority, type Task } from '@headrace/factory/floor'
import { useId, useState, type ReactNode } from 'react'
import type { Board } from '../model/floor-board.ts'
import { text } from '../text.ts'
import { DialogForm } from '../ui/dialog-form.tsx'
import { Dialog } from '../ui/dialog.tsx'
import '../ui/field.css'
import { useFloorPlace } from './floor-context.ts'
import { PriorityField } from './priority-field.tsx'
import './place-dialog.css'

interface Props {
  readonly task: Task
  readonly board: Board
  readonly onClose: () => void
}

/** As many tasks are offered; what is looked for further is found by its words. */
const mostOffered = 50

/** Gives a task its place, and says what it waits for: all that dragging does, and more, without a mouse. */
export function PlaceDialog({ task, board, onClose }: Props): ReactNode {
  const { ask } = useFloorPlace()
  const { id } = task
  const [priority, setPriority] = useState<Priority>(task.priority)
  const [lane, setLane] = useState(task.lane ?? '')
  const [before, setBefore] = useState('')
  const [on, setOn] = useState<readonly string[]>(task.dependsOn)
  const field = useId()
  const words = text.floor.board
  const others = board.ready.filter((each) => each.task.id !== id).slice(0, mostOffered)
  const save = (): void => {
    const toLane = lane === (task.lane ?? '') ? {} : lane === '' ? ({ anyLane: true } as const) : { lane }
    const place = before !== '' ? { before } : priority === task.priority ? {} : { priority }
    if (Object.keys({ ...toLane, ...place }).length > 0) ask({ ask: 'move-task', task: id, ...place, ...toLane })
    if (on.join() !== task.dependsOn.join()) ask({ ask: 'depend-task', task: id, on })
    onClose()
  }
  return (
    <Dialog title={words.moveTitle(id)} onClose={onClose}>
      <p className="dialog-lead" dir="auto">
        {task.title}
      </p>
      <DialogForm action={words.save} onSubmit={save} onClose={onClose}>
        <div className="field-pair place-where">
          <div className="field">
            <label className="field-label" htmlFor={`${field}-before`}>
              {words.where}
            </label>
            <select
              id={`${field}-before`}
              className="field-input"
              value={before}
              onChange={(event) => setBefore(event.target.value)}
            >
              <option value="">{words.byPriority}</option>
              {others.map(({ task: other }) => (
                <option key={other.id} value={other.id}>
                  {words.beforeTask(other.id, other.priority, other.title)}
                </option>
              ))}
            </select>
          </div>
          <div className="field">
            <label className="field-label" htmlFor={`${field}-lane`}>
              {words.lane}
            </label>
            <select
              id={`${field}-lane`}
              className="field-input"
              value={lane}
              onChange={(event) => setLane(event.target.value)}
            >
              <option value="">{words.anyLane}</option>
              {board.floor.lanes.map(({ name }) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </select>
          </div>
        </div>
        {before === '' && <PriorityField value={priority} onChange={setPriority} />}
        <WaitsFor task={task} board={board} on={on} onChange={setOn} />
      </DialogForm>
    </Dialog>
  )
}

interface WaitsForProps {
  readonly task: Task
  readonly board: Board
  readonly on: readonly string[]
  readonly onChange: (on: readonly string[]) => void
}

function WaitsFor({ task: { id }, board: { floor }, on, onChange }: WaitsForProps): ReactNode {
  const [sought, setSought] = useState('')
  const words = text.floor.board
  const like = sought.trim().toLowerCase()
  const found = Object.values(floor.tasks)
    .filter((other) => other.id !== id && other.state.status !== 'rejected')
    .filter((other) => on.includes(other.id) || other.state.status !== 'done')
    .filter((other) => like === '' || `${other.id} ${other.title}`.toLowerCase().includes(like))
    .toSorted((a, b) => Number(on.includes(b.id)) - Number(on.includes(a.id)))
  return (
    <fieldset className="waits">
      <legend className="field-label">{words.waitsFor}</legend>
      <input
        type="search"
        className="field-input"
        aria-label={words.seek}
        placeholder={words.seek}
        value={sought}
        onChange={(event) => setSought(event.target.value)}
      />
      <ul className="waits-list">
        {found.slice(0, mostOffered).map((other) => {
          const ring = waitsFor(floor, other.id, id)
          return (
            <li key={other.id}>
              <label className="waits-choice">
                <input
                  type="checkbox"
                  checked={on.includes(other.id)}
                  disabled={ring !== undefined && !on.includes(other.id)}
                  onChange={(event) =>
                    onChange(event.target.checked ? [...on, other.id] : on.filter((each) => each !== other.id))
                  }
                />
                <span>
                  <span className="task-id">{other.id}</span> <bdi>{other.title}</bdi>
                  {ring && <span className="waits-why">{words.ring(ring)}</span>}
                </span>
              </label>
            </li>
          )
        })}
      </ul>
      {found.length === 0 && <p className="floor-none">{words.noneFound}</p>}
      {found.length > mostOffered && <p className="floor-none">{words.moreFound(found.length - mostOffered)}</p>}
    </fieldset>
  )
}
