import { stripVTControlCharacters } from 'node:util'
import { goTestReporter } from './reporters/go-test.ts'
import { nodeTestReporter } from './reporters/node-test.ts'
import type { Reporter } from './reporters/reporter.ts'
import { mochaReporter, unittestReporter } from './reporters/several-lines.ts'
import { summaryLineReporters } from './reporters/summary-line.ts'
import { tapReporter } from './reporters/tap.ts'
import { addCounts, type TestCounts } from './test-counts.ts'

/** Counts the tests of a run from what it prints, as it prints it. */
export interface TestCounter {
  push(chunk: Uint8Array): void
  /** What all runners that were recognised counted together. `undefined` if none was. */
  counts(): { readonly counts: TestCounts; readonly runners: readonly string[] } | undefined
}

// What a line of any runner has in it. Looked for first: a run may print hundreds of megabytes of other lines.
const ofInterest =
  /\d (?:pass|fail|skip|pend|error|xfail|xpass|total|todo)|[Tt]ests?\b|^\s*(?:not )?ok \d|^TAP |^1\.\.|^(?:OK|FAILED)|^\s*--- |^(?:ok|FAIL)\s|^\{"Time":|^(?:ℹ|#) /

// Longer lines are no summary of anybody; what is over it is let go.
const maxLine = 4_096

/** Recognises vitest, jest, node:test, mocha, pytest, unittest, go test, cargo test and TAP. */
export function createTestCounter(): TestCounter {
  const tap = tapReporter()
  const node = nodeTestReporter()
  const others: readonly Reporter[] = [...summaryLineReporters(), mochaReporter(), unittestReporter(), goTestReporter()]
  const decoder = new TextDecoder()
  let rest = ''

  function take(line: string): void {
    const plain = line.includes('\u001B') ? stripVTControlCharacters(line) : line
    if (!ofInterest.test(plain)) return
    const text = plain.trimEnd()
    for (const reporter of [node, tap, ...others]) reporter.line(text)
  }

  return {
    push(chunk) {
      const pieces = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = (pieces.pop() ?? '').slice(-maxLine)
      for (const piece of pieces) if (piece.length <= maxLine) take(piece)
    },
    counts() {
      if (rest !== '') take(rest)
      rest = ''
      const all = [...(node.counts() ? [node] : [tap]), ...others]
      const found = all.flatMap((reporter) => {
        const counts = reporter.counts()
        return counts ? [{ name: reporter.name, counts }] : []
      })
      const [first, ...more] = found
      if (!first) return undefined
      return {
        counts: more.reduce((sum, { counts }) => addCounts(sum, counts), first.counts),
        runners: found.map(({ name }) => name),
      }
    },
  }
}
