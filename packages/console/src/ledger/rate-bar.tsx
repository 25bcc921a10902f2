import type { VersionLine } from '@headrace/factory/floor'
import type { ReactNode } from 'react'
import { text } from '../text.ts'
import './rate-bar.css'

interface Props {
  readonly rate: NonNullable<VersionLine['rate']>
  /** Of how many, in words. */
  readonly told: string
}

const width = 200

/** A part of the whole, and where it may well be with so few. */
export function RateBar({ rate: { value, low, high }, told }: Props): ReactNode {
  return (
    <div className="rate">
      <span className="rate-value">{text.ledger.share(value)}</span>
      <svg className="rate-drawing" viewBox={`0 0 ${width} 12`} preserveAspectRatio="none" aria-hidden="true">
        <rect className="rate-whole" width={width} height="12" rx="3" />
        <rect className="rate-likely" x={low * width} width={Math.max(2, (high - low) * width)} height="12" rx="3" />
        <rect className="rate-mark" x={Math.min(width - 3, Math.max(0, value * width - 1.5))} width="3" height="12" />
      </svg>
      <span className="rate-told">
        {told} {text.ledger.skills.likely(text.ledger.share(low), text.ledger.share(high))}
      </span>
    </div>
  )
}
