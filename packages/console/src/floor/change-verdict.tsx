import type { GateVerdict } from '@headrace/factory/floor'
import type { ReactNode } from 'react'
import { text } from '../text.ts'
import { Time } from '../ui/time.tsx'

interface Props {
  readonly verdict: GateVerdict
  /** When the gate said it, in milliseconds since 1970. */
  readonly at: number
}

/** What the gate said of a change: in a word, when, and why. */
export function ChangeVerdict({ verdict: { verdict, why }, at }: Props): ReactNode {
  return (
    <>
      <p className="change-head">
        <span className="outcome" data-outcome={verdict}>
          {text.floor.verdicts[verdict] ?? verdict}
        </span>
        <Time at={at} />
      </p>
      <p className="change-why" dir="auto">
        {why}
      </p>
    </>
  )
}
