/** What is in the sessions that are joined: the same words for every system. */
export interface Shape {
  readonly name: string
  /** Answers in the session. */
  readonly answers: number
  /** Deltas of each answer. */
  readonly deltas: number
}

/** About how many events each session has. */
export const totalEvents = 100_000

/** A question and its answer are the deltas and six more events: the question, the run queued, claimed and ended, the message and its part opened. */
const around = 6
const deltasPerTurn = 40

/** A chat of many turns, and one answer that never seems to end. */
export const shapes: readonly Shape[] = [
  { name: 'many messages', answers: turns(totalEvents), deltas: deltasPerTurn },
  { name: 'one long answer', answers: 1, deltas: totalEvents - around },
]

/** How many turns of the chat make so many events. */
export function turns(events: number): number {
  return Math.floor(events / (deltasPerTurn + around))
}

const words = ['the ', 'stream ', 'of ', 'a ', 'session ', 'is ', 'kept ', 'and ', 'every ', 'reader ', 'sees ', 'it ']

/** The text of a delta: a word, as models stream them. */
export function deltaText(index: number): string {
  return words[index % words.length]!
}

/** The text of a whole answer. */
export function answerText(shape: Shape): string {
  return Array.from({ length: shape.deltas }, (_, index) => deltaText(index)).join('')
}

/** The parts of an array, in order, none longer than `size`. */
export function* slices<T>(values: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < values.length; start += size) yield values.slice(start, start + size)
}
