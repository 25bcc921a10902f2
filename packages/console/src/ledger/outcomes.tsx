import type { ReportLine } from '@headrace/factory/floor'
import type { ReactNode } from 'react'
import { toneOf } from '../model/ledger-series.ts'
import { text } from '../text.ts'

/** How often attempts came to what. */
export function Outcomes({ outcomes }: Pick<ReportLine, 'outcomes'>): ReactNode {
  // What is not on this page's list is of a newer factory.
  const names: Readonly<Record<string, string>> = text.floor.outcomes
  const all = (Object.entries(outcomes) as [keyof typeof outcomes, number][]) // keys of a plain object
    .toSorted(([, a], [, b]) => b - a)
  if (all.length === 0) return text.ledger.unknown
  return (
    <ul className="outcomes">
      {all.map(([outcome, times]) => (
        <li key={outcome} data-tone={toneOf(outcome)}>
          {text.number(times)} {names[outcome] ?? outcome}
        </li>
      ))}
    </ul>
  )
}
