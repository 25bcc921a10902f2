import { useId, useState, type ReactNode } from 'react'
import { text } from '../text.ts'
import { DialogForm } from './dialog-form.tsx'
import { Dialog } from './dialog.tsx'
import './field.css'

interface Props {
  readonly title: string
  readonly lead: string
  readonly action: string
  readonly onClose: () => void
  readonly onReason: (reason: string) => void
}

const maxChars = 4_096

/** Asks why before something is done that others will read about. */
export function ReasonDialog({ title, lead, action, onClose, onReason }: Props): ReactNode {
  const [reason, setReason] = useState('')
  const field = useId()
  const words = reason.trim()
  return (
    <Dialog title={title} onClose={onClose}>
      <p className="dialog-lead">{lead}</p>
      <DialogForm
        action={action}
        isReady={words !== ''}
        onSubmit={() => {
          onReason(words)
          onClose()
        }}
        onClose={onClose}
      >
        <div className="field">
          <label className="field-label" htmlFor={field}>
            {text.floor.reason}
          </label>
          <textarea
            id={field}
            className="field-input"
            rows={3}
            dir="auto"
            maxLength={maxChars}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
        </div>
      </DialogForm>
    </Dialog>
  )
}
