/** What a result says, apart from what it is about. Pure. */
import type { Step } from './step.ts'
import { ends, shapeOf } from './text.ts'

export interface Result {
  /** The same for results that differ in numbers and spaces only. */
  readonly shape: number
  readonly failed: boolean
  /** The tool did not give all that there is. */
  readonly cut: boolean
  /** Something is still going on that the call asked about. */
  readonly pending: boolean
  /** Tests or a build ran and were not green; absent where none ran. */
  readonly red?: boolean
}

/**
 * A pattern over text in lower case, and words of which one is in whatever it fits: looking for them costs next to
 * nothing, and most results have none.
 */
interface Pattern {
  readonly words: readonly string[]
  readonly pattern: RegExp
}

const failure: Pattern = {
  words: ['error', 'traceback', 'exception', 'no', 'fail', 'can', 'denied', 'missing'],
  pattern:
    /\berror\b|traceback|exception|not found|no such|no replacement|\bfail(?:ed|ure)\b|cannot |can't |did not |permission denied|unknown command|missing \d* ?required/,
}
const cutOff: Pattern = {
  words: ['context', 'clipped', 'truncated', 'output', 'omitted'],
  pattern:
    /to save on context|response clipped|output (?:was |is )?(?:truncated|clipped|cut)|\[\s*truncated|truncated\s*\]|\.\.\. ?truncated|lines (?:omitted|truncated)/,
}
const unfinished: Pattern = {
  words: ['pending', 'progress', 'queued', 'running', 'not', 'waiting'],
  pattern:
    /\b(?:pending|in[ _-]progress|queued|(?:still|is) running|not (?:yet )?(?:ready|finished|completed?)|waiting for|status\W{1,4}running)\b/,
}
const green: Pattern = {
  words: ['pass', 'successful', '0 fail', 'ok'],
  pattern: /\b(?:all tests pass|tests? passed|\d+ passed|build successful|0 failed|0 failures|^ok\b)/m,
}
const notGreen: Pattern = {
  words: ['fail', 'assertionerror'],
  pattern: /\b(?:[1-9]\d* fail(?:ed|ures?|ing)|build failed|tests? failed|failures?: [1-9]|failed \(|assertionerror)/,
}

export function resultOf({ result = '', failed, failing }: Step): Result {
  // How tests went, and that something was cut off, is said at the beginning or at the end.
  const brink = ends(result, 500).toLowerCase()
  const isRed = failing ? failing.length > 0 : fits(notGreen, brink) ? true : fits(green, brink) ? false : undefined
  return {
    shape: shapeOf(ends(result)),
    // Far down in a result it is a text about errors as often as an error.
    failed: failed ?? fits(failure, result.slice(0, 400).toLowerCase()),
    cut: fits(cutOff, brink),
    // What says how far something is says little else.
    pending: result.length <= 1_000 && fits(unfinished, brink),
    ...(isRed !== undefined && { red: isRed }),
  }
}

function fits({ words, pattern }: Pattern, text: string): boolean {
  return words.some((word) => text.includes(word)) && pattern.test(text)
}
