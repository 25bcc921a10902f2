import type { ReactNode } from 'react'
import { clockTime, fullTime } from '../model/time.ts'

/** A time of day, with the whole date on hover and for machines. */
export function Time({ at }: { readonly at: number }): ReactNode {
  return (
    <time className="time" dateTime={new Date(at).toISOString()} title={fullTime(at)}>
      {clockTime(at)}
    </time>
  )
}
