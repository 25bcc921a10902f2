import { addCounts, noTests, type TestCounts } from '../test-counts.ts'
import { numberBefore, type Reporter } from './reporter.ts'

interface SummaryLine {
  readonly name: string
  readonly is: RegExp
  readonly read: (line: string) => TestCounts
}

const words = (passed: string, failed: string, skipped: string) => (line: string) => ({
  passed: numberBefore(line, passed),
  failed: numberBefore(line, failed),
  skipped: numberBefore(line, skipped),
})

/** Runners that say everything in one line. One run may print several: of several packages, or crates. */
const lines: readonly SummaryLine[] = [
  {
    name: 'vitest',
    is: /^\s*Tests\s{2,}(\d+ \w+( \| \d+ \w+)* \(\d+\)|no tests)\s*$/,
    read: words('passed', 'failed', 'skipped|todo'),
  },
  {
    name: 'jest',
    is: /^Tests:\s+(\d+ \w+, )*\d+ total$/,
    read: words('passed', 'failed', 'skipped|todo'),
  },
  {
    name: 'pytest',
    is: /^(=+ )?(\d+ (passed|failed|skipped|errors?|xfailed|xpassed|deselected|warnings?|rerun)(, )?)+ in [\d.]+s( \([\d:]+\))?( =+)?$/,
    read: words('passed|xfailed', 'failed|error|errors|xpassed', 'skipped'),
  },
  {
    name: 'cargo',
    is: /^test result: \w+\. \d+ passed; \d+ failed; \d+ ignored;/,
    read: words('passed', 'failed', 'ignored'),
  },
]

export function summaryLineReporters(): readonly Reporter[] {
  return lines.map(({ name, is, read }) => {
    let sum: TestCounts | undefined
    return {
      name,
      line(text) {
        if (is.test(text)) sum = addCounts(sum ?? noTests, read(text))
      },
      counts: () => sum,
    }
  })
}
