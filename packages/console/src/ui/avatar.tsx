import type { ReactNode } from 'react'
import { hueOf, initials } from '../model/people.ts'
import './avatar.css'

const hues = 8

interface Props {
  readonly actor: string
  readonly name: string
  /** Agents stand on squares, people on circles. */
  readonly agent?: boolean
}

/**
 * The sign of a participant. The name stands beside it, or in the label around it; the letters are a picture, drawn by the
 * style sheet, so that nobody hears them spelled out.
 */
export function Avatar({ actor, name, agent = false }: Props): ReactNode {
  return (
    <span
      className="avatar"
      data-hue={hueOf(actor, hues)}
      data-agent={agent || undefined}
      data-letters={initials(name)}
      aria-hidden="true"
    />
  )
}
