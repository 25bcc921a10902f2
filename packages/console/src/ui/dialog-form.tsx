import type { ReactNode } from 'react'
import { text } from '../text.ts'
import { Button } from './button.tsx'

interface Props {
  /** What the button says that does it. */
  readonly action: string
  /** Whether it can be done as the form stands. Default true. */
  readonly isReady?: boolean
  /** Why it was not done. */
  readonly refused?: string | undefined
  readonly onSubmit: () => void
  readonly onClose: () => void
  readonly children: ReactNode
}

/** What a dialog asks for, with a button that does it and one that does nothing. */
export function DialogForm({ action, isReady = true, refused, onSubmit, onClose, children }: Props): ReactNode {
  return (
    <form
      className="dialog-form"
      onSubmit={(event) => {
        event.preventDefault()
        if (isReady) onSubmit()
      }}
    >
      {children}
      {refused !== undefined && (
        <p className="dialog-error" role="alert">
          {refused}
        </p>
      )}
      <div className="dialog-actions">
        <Button look="quiet" onClick={onClose}>
          {text.create.cancel}
        </Button>
        <Button look="primary" type="submit" disabled={!isReady}>
          {action}
        </Button>
      </div>
    </form>
  )
}
