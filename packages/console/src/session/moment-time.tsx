import type { ReactNode } from 'react'
import { hrefOf } from '../route/route.ts'
import { text } from '../text.ts'
import { Time } from '../ui/time.tsx'
import { useSessionPlace } from './session-context.ts'

/** When something was said, as a link to the session as it was then. */
export function MomentTime({ at, seq }: { readonly at: number; readonly seq: number }): ReactNode {
  const { session } = useSessionPlace()
  return (
    <a className="moment" href={hrefOf(session.id, { at: seq })}>
      <span className="visually-hidden">{text.replay.moment} </span>
      <Time at={at} />
    </a>
  )
}
