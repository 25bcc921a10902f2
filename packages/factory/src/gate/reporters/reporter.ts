import type { TestCounts } from '../test-counts.ts'

/** Reads the counts of one kind of test runner from its output, line by line, in bounded memory. */
export interface Reporter {
  readonly name: string
  /** A line without its end and without colours. */
  line(text: string): void
  /** What was counted, `undefined` if no line was of this runner. */
  counts(): TestCounts | undefined
}

/** The number before a word: `3 passed` has 3 for `passed`; 0 where the word is not. */
export function numberBefore(text: string, words: string): number {
  const found = new RegExp(String.raw`(\d+)\s+(?:${words})\b`).exec(text)
  return found ? Number(found[1]) : 0
}
