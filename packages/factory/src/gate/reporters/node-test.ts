import { addCounts, noTests, type TestCounts } from '../test-counts.ts'
import type { Reporter } from './reporter.ts'

const field = /^(?:ℹ|#) (tests|pass|fail|cancelled|skipped|todo) (\d+)$/

/** The lines at the end of `node --test`, in both of its reporters: `ℹ pass 3`, `# pass 3`. */
export function nodeTestReporter(): Reporter {
  let sum: TestCounts | undefined
  return {
    name: 'node:test',
    line(text) {
      const [, name, digits] = field.exec(text) ?? []
      if (name === undefined || name === 'tests') return
      const n = Number(digits)
      const of = { passed: 0, failed: 0, skipped: 0 }
      if (name === 'pass') of.passed = n
      else if (name === 'fail' || name === 'cancelled') of.failed = n
      else of.skipped = n
      sum = addCounts(sum ?? noTests, of)
    },
    counts: () => sum,
  }
}
