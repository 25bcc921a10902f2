import { textOf, type Message, type Steer } from '@headrace/core'
import type { ReactNode } from 'react'
import { snippet } from '../model/queue.ts'
import { text } from '../text.ts'
import './told.css'

const steersShown = 3

interface ToldProps {
  readonly steers: readonly Steer[]
  readonly messages: readonly Message[]
}

/** What became of the last things that agents were told at their work. */
export function Told({ steers, messages }: ToldProps): ReactNode {
  return (
    <ul className="told" aria-live="polite" data-testid="told">
      {steers.slice(-steersShown).map((steer) => {
        const message = messages.find(({ id }) => id === steer.message)
        return (
          <li key={steer.message} className="told-row" data-status={steer.status}>
            <q className="told-words">{message ? snippet(textOf(message)) : ''}</q>
            <span className="told-status">{outcome(steer)}</span>
          </li>
        )
      })}
    </ul>
  )
}

function outcome({ status, why }: Steer): string {
  return status === 'missed' ? text.steer.told.missed(why ?? '') : text.steer.told[status]
}
