import type { LaneKind, Priority } from '@headrace/factory/floor'
import { useId, useState, type ReactNode } from 'react'
import { text } from '../text.ts'
import { DialogForm } from '../ui/dialog-form.tsx'
import { Dialog } from '../ui/dialog.tsx'
import '../ui/field.css'
import { useFloorPlace } from './floor-context.ts'
import { PriorityField } from './priority-field.tsx'

const kinds: readonly LaneKind[] = ['feature', 'bug', 'ci', 'docs', 'horizon', 'custom']
const titleChars = 256
const bodyChars = 16_384

/** Puts a task on the floor. */
export function AddTaskDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const { ask } = useFloorPlace()
  const [title, setTitle] = useState('')
  const [body, setBody] = useState('')
  const [kind, setKind] = useState<LaneKind>('feature')
  const [priority, setPriority] = useState<Priority>(2)
  const field = useId()
  const words = title.trim()
  return (
    <Dialog title={text.floor.add} onClose={onClose}>
      <DialogForm
        action={text.floor.addShort}
        isReady={words !== ''}
        onSubmit={() => {
          ask({ ask: 'add-task', title: words, kind, priority, ...(body.trim() !== '' && { body: body.trim() }) })
          onClose()
        }}
        onClose={onClose}
      >
        <div className="field">
          <label className="field-label" htmlFor={`${field}-title`}>
            {text.floor.taskTitle}
          </label>
          <input
            id={`${field}-title`}
            className="field-input"
            dir="auto"
            maxLength={titleChars}
            value={title}
            onChange={(event) => setTitle(event.target.value)}
          />
        </div>
        <div className="field">
          <label className="field-label" htmlFor={`${field}-body`}>
            {text.floor.taskBody} <span className="field-optional">({text.create.optional})</span>
          </label>
          <textarea
            id={`${field}-body`}
            className="field-input"
            dir="auto"
            rows={4}
            maxLength={bodyChars}
            value={body}
            onChange={(event) => setBody(event.target.value)}
          />
        </div>
        <div className="field-pair">
          <div className="field">
            <label className="field-label" htmlFor={`${field}-kind`}>
              {text.floor.kind}
            </label>
            <select
              id={`${field}-kind`}
              className="field-input"
              value={kind}
              onChange={(event) => setKind(kinds.find((each) => each === event.target.value) ?? kind)}
            >
              {kinds.map((each) => (
                <option key={each} value={each}>
                  {text.floor.kinds[each]}
                </option>
              ))}
            </select>
          </div>
          <PriorityField value={priority} onChange={setPriority} />
        </div>
      </DialogForm>
    </Dialog>
  )
}
