import type { ReactNode } from 'react'
import { text } from '../text.ts'
import type { Writing } from './use-writing.ts'

interface Props {
  readonly writing: Writing
  readonly label: string
  readonly placeholder: string
  /** Id of what explains it. */
  readonly hint: string
  /** It grows up to this; then it scrolls. */
  readonly maxRows: number
}

/** The field of a place where words are written. It grows with them. */
export function WordsField({ writing, label, placeholder, hint, maxRows }: Props): ReactNode {
  const { draft, setDraft, onKeyDown } = writing
  return (
    <textarea
      className="composer-text"
      aria-label={label}
      aria-describedby={hint}
      aria-keyshortcuts="/"
      dir="auto"
      rows={Math.min(maxRows, draft.split('\n').length)}
      placeholder={placeholder}
      value={draft}
      onChange={(event) => setDraft(event.target.value)}
      onKeyDown={onKeyDown}
    />
  )
}

/** Why the last words were not taken. */
export function WordsRefused({ writing: { refused } }: { readonly writing: Writing }): ReactNode {
  if (refused === undefined) return null
  return (
    <p className="composer-refused" role="alert">
      {text.composer.refused(refused)}
    </p>
  )
}
