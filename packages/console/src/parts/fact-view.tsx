import type { ReactNode } from 'react'
import type { Fact } from '../model/factory-fact.ts'
import { visibleText } from '../model/visible-text.ts'
import { text } from '../text.ts'
import { Coded } from '../ui/coded.tsx'
import { Terminal } from './terminal.tsx'
import './fact-view.css'

/** Something that happened to an attempt, in one line; what stands behind it opens. */
export function FactView({
  fact: { words, tone, printed, list },
  name,
}: {
  readonly fact: Fact
  readonly name: string
}): ReactNode {
  const line = (
    <span className="fact-words" dir="auto">
      <Coded words={visibleText(words)} />
    </span>
  )
  const more = printed !== undefined || (list !== undefined && list.length > 0)
  if (!more) {
    return (
      <p className="fact" data-tone={tone} data-testid="fact" data-name={name}>
        {line}
      </p>
    )
  }
  return (
    <details className="fact" data-tone={tone} data-testid="fact" data-name={name}>
      <summary>{line}</summary>
      <div className="fact-more">
        {list && (
          <ul>
            {list.map((each) => (
              <li key={each} dir="auto">
                {visibleText(each)}
              </li>
            ))}
          </ul>
        )}
        {printed !== undefined && <Terminal printed={printed} label={text.floor.evidence} />}
      </div>
    </details>
  )
}
