import { useEffect, useId, useRef, useState, type ReactNode } from 'react'
import './popover.css'

interface Props {
  /** Name of the button. */
  readonly label: string
  readonly trigger: ReactNode
  readonly className?: string
  readonly testId?: string
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
    const escape = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape') return
      event.stopPropagation() // Esc closes the panel; it must not also stop the agents
      setOpen(false)
      root.current?.querySelector('button')?.focus()
    }
    addEventListener('pointerdown', outside)
    addEventListener('focusin', outside)
    addEventListener('keydown', escape, { capture: true })
    return () => {
      removeEventListener('pointerdown', outside)
      removeEventListener('focusin', outside)
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
