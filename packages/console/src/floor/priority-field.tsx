import type { Priority } from '@headrace/factory/floor'
import { useId, type ReactNode } from 'react'
import { text } from '../text.ts'
import '../ui/field.css'

const priorities: readonly Priority[] = [0, 1, 2, 3]

interface Props {
  readonly value: Priority
  readonly onChange: (priority: Priority) => void
}

/** How urgent a task is. */
export function PriorityField({ value, onChange }: Props): ReactNode {
  const field = useId()
  return (
    <div className="field">
      <label className="field-label" htmlFor={field}>
        {text.floor.priority}
      </label>
      <select
        id={field}
        className="field-input"
        value={value}
        onChange={(event) => {
          const chosen = priorities.find((each) => String(each) === event.target.value)
          if (chosen !== undefined && chosen !== value) onChange(chosen)
        }}
      >
        {priorities.map((each) => (
          <option key={each} value={each}>
            {text.floor.priorities[each]}
          </option>
        ))}
      </select>
    </div>
  )
}
