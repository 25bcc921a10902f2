import type { Run } from '@headrace/core'
import { Fragment, type ReactNode } from 'react'
import type { Turn } from '../model/turns.ts'
import { TurnView } from './turn-view.tsx'
import type { Rows } from './use-rows.ts'
import './turn-list.css'

interface Props {
  readonly turns: readonly Turn[]
  readonly runs: readonly Run[]
  readonly rows: Rows
  /** There are turns before the first one that are not here. */
  readonly hasOlder: boolean
}

/** The turns near what is seen, and room for all others. */
export function TurnList({ turns, runs, rows: { rows, after, measure, hold }, hasOlder }: Props): ReactNode {
  return (
    // It only takes note of where somebody works; nothing is operated by it.
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions, jsx-a11y/click-events-have-key-events
    <div className="turns" onFocus={hold} onClick={hold}>
      {rows.map(({ item: { index, key }, space }) => {
        const turn = turns[index]
        if (!turn) return null
        return (
          <Fragment key={key}>
            {space > 0 && <div style={{ blockSize: space }} />}
            <div ref={measure} className="turns-row" data-index={index} data-turn={key}>
              <TurnView turn={turn} runs={runs} place={index + 1} of={hasOlder ? -1 : turns.length} />
            </div>
          </Fragment>
        )
      })}
      {after > 0 && <div style={{ blockSize: after }} />}
    </div>
  )
}
