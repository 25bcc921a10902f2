import { useEffect, useId, useRef, type ReactNode } from 'react'
import './dialog.css'

interface Props {
  readonly title: string
  readonly onClose: () => void
  readonly children: ReactNode
}

/** A modal window on the browser's own `<dialog>`: it keeps the focus, closes on Esc and gives the focus back. */
export function Dialog({ title, onClose, children }: Props): ReactNode {
  const ref = useRef<HTMLDialogElement>(null)
  const heading = useId()
  useEffect(() => {
    const dialog = ref.current
    dialog?.showModal()
    return () => dialog?.close()
  }, [])
  return (
    // The click that closes is a shortcut of the mouse: Esc and the button do the same.
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions
    <dialog
      ref={ref}
      className="dialog"
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      onClick={(event) => {
        if (event.target === event.currentTarget) onClose()
      }}
    >
      <div className="dialog-body">
        <h2 id={heading} className="dialog-title">
          {title}
        </h2>
        {children}
      </div>
    </dialog>
  )
}
