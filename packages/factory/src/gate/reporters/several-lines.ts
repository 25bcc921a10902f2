import { addCounts, noTests, type TestCounts } from '../test-counts.ts'
import type { Reporter } from './reporter.ts'

/** mocha: `3 passing (4ms)`, `1 pending`, `1 failing`, each in a line of its own. */
export function mochaReporter(): Reporter {
  let sum: TestCounts | undefined
  return {
    name: 'mocha',
    line(text) {
      const [, digits, word] = /^\s+(\d+) (passing|pending|failing)( \(.+\))?$/.exec(text) ?? []
      if (word === undefined) return
      const n = Number(digits)
      const field = word === 'passing' ? 'passed' : word === 'pending' ? 'skipped' : 'failed'
      sum = addCounts(sum ?? noTests, { ...noTests, [field]: n })
    },
    counts: () => sum,
  }
}

/** unittest of Python: `Ran 3 tests in 0.001s`, then `OK (skipped=1)` or `FAILED (failures=1, errors=1)`. */
export function unittestReporter(): Reporter {
  let sum: TestCounts | undefined
  let ran = 0
  return {
    name: 'unittest',
    line(text) {
      const found = /^Ran (\d+) tests? in [\d.]+s$/.exec(text)
      if (found) {
        ran = Number(found[1])
        sum = addCounts(sum ?? noTests, { ...noTests, passed: ran })
        return
      }
      const [, result, rest = ''] = /^(OK|FAILED)(?: \((.*)\))?$/.exec(text) ?? []
      if (result === undefined || !sum) return
      const of = (name: string) => Number(new RegExp(String.raw`\b${name}=(\d+)`).exec(rest)?.[1] ?? 0)
      const failed = of('failures') + of('errors') + of('unexpected successes')
      sum = addCounts(sum, { passed: -Math.min(ran, failed + of('skipped')), failed, skipped: of('skipped') })
      ran = 0
    },
    counts: () => sum,
  }
}
