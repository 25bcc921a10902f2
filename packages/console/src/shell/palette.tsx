import { useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import { text } from '../text.ts'
import { Dialog } from '../ui/dialog.tsx'
import '../ui/field.css'
import './palette.css'

/** Something that can be done or gone to. */
export interface PaletteAction {
  readonly id: string
  readonly name: string
  /** What kind of thing it is. */
  readonly kind: string
  readonly run: () => void
}

interface Props {
  readonly actions: readonly PaletteAction[]
  readonly onClose: () => void
}

const mostShown = 12

/** Everything the console can do or lead to, found by its name: words in any order. */
export function Palette({ actions, onClose }: Props): ReactNode {
  const [words, setWords] = useState('')
  const box = useRef<HTMLDivElement>(null)
  const wanted = words.toLowerCase().split(/\s+/)
  const found = actions
    .filter(({ name, kind }) => wanted.every((word) => `${name} ${kind}`.toLowerCase().includes(word)))
    .slice(0, mostShown)
  const choose = (action: PaletteAction | undefined): void => {
    if (!action) return
    // First, so that a window that it opens finds none.
    onClose()
    action.run()
  }
  /** Up and down go through the field and what was found. */
  const onArrow = (event: KeyboardEvent): void => {
    const way = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (way === 0) return
    event.preventDefault()
    const stops = [...(box.current?.querySelectorAll<HTMLElement>('input, button') ?? [])]
    stops[stops.findIndex((stop) => stop === document.activeElement) + way]?.focus()
  }
  return (
    <Dialog title={text.palette.title} onClose={onClose}>
      {/* The arrows are a shortcut: Tab does the same. */}
      {/* eslint-disable-next-line jsx-a11y/no-static-element-interactions */}
      <div ref={box} className="palette" onKeyDown={onArrow}>
        <form
          onSubmit={(event) => {
            event.preventDefault()
            choose(found[0])
          }}
        >
          <input
            className="field-input"
            aria-label={text.palette.label}
            dir="auto"
            value={words}
            onChange={(event) => setWords(event.target.value)}
          />
        </form>
        <ul className="palette-list" aria-live="polite">
          {found.map((action) => (
            <li key={action.id}>
              <button type="button" className="palette-row" onClick={() => choose(action)}>
                <bdi className="palette-name">{action.name}</bdi>
                <span className="palette-kind">{action.kind}</span>
              </button>
            </li>
          ))}
        </ul>
        {found.length === 0 && <p className="dialog-lead">{text.palette.none}</p>}
      </div>
    </Dialog>
  )
}
