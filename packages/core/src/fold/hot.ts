/** What stays in a room's memory and in a joiner's snapshot (S2a), and what goes cold. */
import { hot } from '../limits.ts'
import type { Message, SessionView } from '../view.ts'

/** A view, and the messages that have just left it. */
export interface Trimmed {
  readonly view: SessionView
  readonly cooled: readonly Message[]
}

/**
 * Lets the oldest messages go cold while more is hot than the bounds allow. Two kinds stay whatever the bounds say, and
 * the newest message: one that is still being written, and the input of a run that has not ended, because its agent
 * needs it.
 */
export function trim(view: SessionView): Trimmed {
  const { messages } = view
  let count = messages.length
  let chars = messages.reduce((sum, message) => sum + message.chars, 0)
  if (fits(count, chars)) return { view, cooled: [] }
  const asked = new Set(view.runs.filter((run) => run.status !== 'ended').map((run) => run.input))
  const cooled: Message[] = []
  for (const message of messages.slice(0, -1)) {
    if (fits(count, chars)) break
    if (message.status === 'open' || asked.has(message.id)) continue
    cooled.push(message)
    count -= 1
    chars -= message.chars
  }
  if (cooled.length === 0) return { view, cooled }
  const cold = new Set(cooled)
  const left = messages.filter((message) => !cold.has(message))
  return { view: { ...view, messages: left, older: view.older + cooled.length }, cooled }
}

function fits(count: number, chars: number): boolean {
  return count <= hot.minMessages || (count <= hot.messages && chars <= hot.chars)
}
