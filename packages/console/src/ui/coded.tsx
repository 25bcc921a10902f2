import type { ReactNode } from 'react'
import './coded.css'

/** A sentence with commands in it: what stands between backticks is shown as code. */
export function Coded({ words }: { readonly words: string }): ReactNode {
  return words.split('`').map((piece, index) =>
    index % 2 === 1 ? (
      <code key={index} className="coded">
        {piece}
      </code>
    ) : (
      piece
    ),
  )
}
