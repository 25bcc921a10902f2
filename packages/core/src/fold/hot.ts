/** What stays in a room's memory and in a joiner's snapshot (S2a), and what goes cold. */
import { hot } from '../limits.ts'
import type { Message, SessionView } from '../view.ts'

/**
 * Lets the oldest messages go cold while more is hot than the bounds allow. Three kinds stay whatever the bounds say: a
 * message that is still being written; the input of a run that has not ended, because its agent needs it; and the
 * newest message, so that none comes and goes in one event and {@link cooled} sees each one leave.
 */
export function trim(view: SessionView): SessionView {
  const { messages } = view
  let count = messages.length
  let chars = messages.reduce((sum, message) => sum + message.chars, 0)
  if (fits(count, chars)) return view
  const asked = new Set(view.runs.filter((run) => run.status !== 'ended').map((run) => run.input))
  const cold = new Set<string>()
  for (const message of messages.slice(0, -1)) {
    if (fits(count, chars)) break
    if (message.status === 'open' || asked.has(message.id)) continue
    cold.add(message.id)
    count -= 1
    chars -= message.chars
  }
  if (cold.size === 0) return view
  return { ...view, messages: messages.filter((message) => !cold.has(message.id)), older: view.older + cold.size }
}

function fits(count: number, chars: number): boolean {
  return count <= hot.minMessages || (count <= hot.messages && chars <= hot.chars)
}

/** The messages that were hot before and are cold after one event. */
export function cooled(before: SessionView, after: SessionView): readonly Message[] {
  if (before.older === after.older) return []
  const still = new Set(after.messages.map((message) => message.id))
  return before.messages.filter((message) => !still.has(message.id))
}
