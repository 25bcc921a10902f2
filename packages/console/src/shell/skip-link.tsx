import type { MouseEvent, ReactNode } from 'react'
import { text } from '../text.ts'

/** First in the page: leads the keyboard past the list. */
export function SkipLink(): ReactNode {
  // The fragment of the address is the route, so the jump is made by hand.
  const jump = (event: MouseEvent): void => {
    event.preventDefault()
    document.getElementById('main')?.focus()
  }
  return (
    <a className="skip-link" href="#main" onClick={jump}>
      {text.skip}
    </a>
  )
}
