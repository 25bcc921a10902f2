import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import type { Outcome, Tab } from './session-server.ts'
import type { SeenEntry } from './seen.ts'

/** Fails with what was expected, in words. */
export function check(holds: unknown, claim: string): asserts holds {
  assert.ok(holds, claim)
}

export function same(actual: unknown, expected: unknown, claim: string): void {
  if (isDeepStrictEqual(actual, expected)) return
  assert.fail(`${claim}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`)
}

export function done(
  outcome: Outcome,
  what: string,
): asserts outcome is Extract<Outcome, { result: 'done' | 'already' }> {
  assert.ok(outcome.result === 'done' || outcome.result === 'already', `${what}: ${JSON.stringify(outcome)}`)
}

export function refused(outcome: Outcome, what: string): asserts outcome is Extract<Outcome, { result: 'refused' }> {
  assert.ok(outcome.result === 'refused', `${what} was not refused: ${JSON.stringify(outcome)}`)
}

/** What a tab was given is what the log has from where it began to what it shows: each entry once, in order. */
export function exact(tab: Tab, log: readonly SeenEntry[], claim: string): void {
  const first = tab.entries[0]
  check(first, `${claim}: it was given nothing`)
  const expected = log.filter(({ position }) => position >= first.position && position <= tab.state.position)
  const wrong = expected.findIndex((entry, index) => !isDeepStrictEqual(entry, tab.entries[index]))
  if (wrong >= 0) {
    assert.fail(`${claim}: entry ${wrong} was ${tab.entries[wrong]?.text}, in the log it is ${expected[wrong]?.text}`)
  }
  same(tab.entries.length, expected.length, `${claim}: how many there are`)
}
