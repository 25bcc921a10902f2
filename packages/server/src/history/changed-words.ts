import { searchWords, type Message, type SearchWords, type SessionEvent, type SessionState } from '@headrace/core'
import { blanked } from './pending.ts'

/**
 * What the messages that became whole, or lost content, by some events are found by from then on.
 *
 * @param state - the state after the events
 * @param cooled - messages that went cold by them
 * @param cold - messages that were cold before and that they name
 */
export function changedWords(
  events: readonly SessionEvent[],
  state: SessionState,
  cooled: readonly Message[],
  cold: readonly Message[],
): readonly SearchWords[] {
  const ids = new Set<string>()
  const runs = new Set<string>()
  for (const event of events) {
    if (event.type === 'message.added' || event.type === 'message.closed') ids.add(event.data.id)
    else if (event.type === 'content.redacted') ids.add(event.data.message)
    else if (event.type === 'run.ended' && event.run !== undefined) runs.add(event.run)
  }
  if (ids.size === 0 && runs.size === 0) return []
  const { erasing } = state.guard
  const redacted = cold.map((message) =>
    erasing.reduce((left, target) => (target.message === message.id ? blanked(left, target) : left), message),
  )
  return [...redacted, ...cooled, ...state.view.messages]
    .filter(({ id, run, status }) => status !== 'open' && (ids.has(id) || (run !== undefined && runs.has(run))))
    .map(wordsOfMessage)
}

export function wordsOfMessage(message: Message): SearchWords {
  return { seq: message.seq, at: message.at, words: searchWords(message) }
}
