import type { ReactNode } from 'react'
import { text } from '../text.ts'
import './list-filter.css'

/** Which sessions the list shows. */
export type Shown = 'all' | 'working' | 'unread' | 'archived'
const all: readonly Shown[] = ['all', 'working', 'unread', 'archived']

interface Props {
  readonly words: string
  readonly onWords: (words: string) => void
  readonly shown: Shown
  readonly onShown: (shown: Shown) => void
}

/** Finds sessions by what they are called and what was said in them, and leaves out what one does not look for. */
export function ListFilter({ words, onWords, shown, onShown }: Props): ReactNode {
  return (
    <search className="filter">
      <input
        className="filter-words"
        type="search"
        aria-label={text.nav.search}
        placeholder={text.nav.search}
        aria-keyshortcuts="f"
        dir="auto"
        value={words}
        onChange={(event) => onWords(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape' || words === '') return
          // It must not also stop the agents.
          event.nativeEvent.stopImmediatePropagation()
          onWords('')
        }}
      />
      <fieldset className="filter-shown">
        <legend className="visually-hidden">{text.nav.shown}</legend>
        {all.map((each) => (
          <label key={each} className="filter-choice">
            <input type="radio" name="shown" checked={shown === each} onChange={() => onShown(each)} />
            <span>{text.nav.filters[each]}</span>
          </label>
        ))}
      </fieldset>
    </search>
  )
}
