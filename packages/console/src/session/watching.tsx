import type { ReactNode } from 'react'
import { text } from '../text.ts'
import './watching.css'

/** Where the composer would be, for a reader who may only watch. */
export function Watching(): ReactNode {
  return <p className="watching">{text.session.watching}</p>
}
