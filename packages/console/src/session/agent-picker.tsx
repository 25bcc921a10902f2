import type { ReactNode } from 'react'
import { text } from '../text.ts'
import './agent-picker.css'

interface Props {
  readonly known: readonly string[]
  readonly chosen: readonly string[]
  /** Those that the text itself mentions: they stay while it does. */
  readonly fixed: readonly string[]
  readonly onChange: (picked: readonly string[]) => void
}

/** Which agents are asked: one, several, or none. */
export function AgentPicker({ known, chosen, fixed, onChange }: Props): ReactNode {
  const toggle = (agent: string): void =>
    onChange(chosen.includes(agent) ? chosen.filter((other) => other !== agent) : [...chosen, agent])
  return (
    <fieldset className="agents">
      <legend className="visually-hidden">{text.composer.ask}</legend>
      {known.map((agent) => (
        <label key={agent} className="agents-choice">
          <input
            type="checkbox"
            className="agents-box"
            checked={chosen.includes(agent)}
            disabled={fixed.includes(agent)}
            onChange={() => toggle(agent)}
          />
          <bdi>{agent}</bdi>
        </label>
      ))}
    </fieldset>
  )
}
