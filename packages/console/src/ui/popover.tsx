import { useEffect, useId, useRef, useState, type ReactNode } from 'react'
import './popover.css'

interface Props {
  /** Name of the button. */
  readonly label: string
  readonly trigger: ReactNode
  readonly className?: string
  readonly testId?: string
  /** What is in the panel. A button in it with `data-closes` has done its work when it was pressed: the panel closes. */
  readonly children: ReactNode
}

/** A button that opens a small panel below it. Closes on Esc, on a click elsewhere and when the focus leaves. */
export function Popover({ label, trigger, className = '', testId, children }: Props): ReactNode {
  const [open, setOpen] = useState(false)
  const root = useRef<HTMLDivElement>(null)
  const panel = useId()
  useEffect(() => {
    if (!open) return
    const outside = (event: Event): void => {
      if (event.target instanceof Node && root.current?.contains(event.target) === false) setOpen(false)
    }
    const close = (): void => {
      setOpen(false)
      root.current?.querySelector('button')?.focus()
    }
    const chosen = (event: Event): void => {
      if (event.target instanceof Element && event.target.closest('[data-closes]')) close()
    }
    const escape = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape') return
      event.stopPropagation() // Esc closes the panel; it must not also stop the agents
      close()
    }
    addEventListener('pointerdown', outside)
    addEventListener('focusin', outside)
    addEventListener('click', chosen)
    addEventListener('keydown', escape, { capture: true })
    return () => {
      removeEventListener('pointerdown', outside)
      removeEventListener('focusin', outside)
      removeEventListener('click', chosen)
      removeEventListener('keydown', escape, { capture: true })
    }
  }, [open])
  return (
    <div ref={root} className={`popover ${className}`}>
      <button
        type="button"
        className="popover-button"
        aria-label={label}
        aria-expanded={open}
        aria-controls={panel}
        data-testid={testId}
        onClick={() => setOpen(!open)}
      >
        {trigger}
      </button>
      <div id={panel} className="popover-panel" hidden={!open}>
        {children}
      </div>
    </div>
  )
}
