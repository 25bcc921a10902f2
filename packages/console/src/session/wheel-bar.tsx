import { useFloor } from '@headrace/client/react'
import { HeadraceError, type Actor } from '@headrace/core'
import { useState, type ReactNode } from 'react'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { callName, useSessionPlace } from './session-context.ts'
import './wheel-bar.css'

/** Who drives, and what can be done about it. Absent while nobody does: then agents work. */
export function WheelBar(): ReactNode {
  const place = useSessionPlace()
  const { session, may, me } = place
  const { holder, asked, isMine, take, handBack, request } = useFloor(session.id)
  const [refused, setRefused] = useState<string>()
  if (!holder) return null
  const run = (action: Promise<unknown>): void => {
    setRefused(undefined)
    action.catch((thrown: unknown) => setRefused(HeadraceError.from(thrown).message))
  }
  const hasAsked = asked.some(({ actor }) => actor === me)
  const others = asked.filter(({ actor }) => actor !== me)
  const nameOf = (who: { readonly actor: Actor; readonly name?: string }): string =>
    who.name ?? callName(place, who.actor)
  return (
    <section className="wheel" aria-label={text.wheel.label} data-testid="wheel">
      <output className="wheel-who">
        <bdi>{isMine ? text.wheel.mine : text.wheel.theirs(nameOf(holder))}</bdi>
        {others.length > 0 && <span className="wheel-asked">{text.wheel.asked(others.map(nameOf))}</span>}
        {hasAsked && <span className="wheel-asked">{text.wheel.iAsked}</span>}
        {refused !== undefined && <span className="wheel-refused">{refused}</span>}
      </output>
      {may.takeFloor && !isMine && !hasAsked && (
        <Button size="small" onClick={() => run(request())}>
          {text.wheel.ask}
        </Button>
      )}
      {may.takeFloor && !isMine && may.admin && (
        <Button size="small" onClick={() => run(take({ force: true }))}>
          {text.wheel.takeFrom}
        </Button>
      )}
      {isMine && (
        <Button size="small" look="primary" onClick={() => run(handBack())}>
          {text.wheel.handBack}
        </Button>
      )}
    </section>
  )
}
