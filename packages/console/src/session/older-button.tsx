import { useState, type ReactNode, type RefObject } from 'react'
import { flushSync } from 'react-dom'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import './older-button.css'

interface Props {
  readonly scroller: RefObject<HTMLDivElement | null>
  /** How many there are; not above 0 when that is not known. */
  readonly older: number
  /** Brings the page of messages before the first one. */
  readonly onLoad: () => Promise<void>
}

/** Loads the page of messages before the first one, and keeps what is on the screen where it is. */
export function OlderButton({ scroller, older, onLoad }: Props): ReactNode {
  const [loading, setLoading] = useState(false)
  const load = async (): Promise<void> => {
    setLoading(true)
    const box = scroller.current
    // Some browsers anchor the scroll by themselves and some don't: for this one change, nobody but us.
    box?.setAttribute('data-anchored', '')
    const anchor = box?.querySelector('[data-testid="turn"]')
    const before = anchor?.getBoundingClientRect().top ?? 0
    try {
      await onLoad()
    } catch {
      // The button stays, and can be pressed again.
    }
    flushSync(() => setLoading(false))
    if (box && anchor?.isConnected)
      box.scrollBy({ top: anchor.getBoundingClientRect().top - before, behavior: 'instant' })
    requestAnimationFrame(() => box?.removeAttribute('data-anchored'))
  }
  return (
    <div className="older">
      <Button look="quiet" disabled={loading} onClick={() => void load()}>
        {loading ? text.session.loadingOlder : text.session.older(older)}
      </Button>
    </div>
  )
}
