import type { Reporter } from './reporter.ts'

const packageLine = /^(ok|FAIL)\s+\S+\s+(\(cached\)|[\d.]+s)/
const testLine = /^\s*--- (PASS|FAIL|SKIP): \S+/

/** `go test`, with `-json`, with `-v`, or plain: then a package with tests counts as one. */
export function goTestReporter(): Reporter {
  const tests = { passed: 0, failed: 0, skipped: 0 }
  const packages = { passed: 0, failed: 0, skipped: 0 }
  const fieldOf = { pass: 'passed', fail: 'failed', skip: 'skipped' } as const
  return {
    name: 'go test',
    line(text) {
      if (text.startsWith('{"Time":') && text.includes('"Test":')) {
        const action = /"Action":"(pass|fail|skip)"/.exec(text)?.[1]
        if (action === 'pass' || action === 'fail' || action === 'skip') tests[fieldOf[action]] += 1
        return
      }
      const how = testLine.exec(text)?.[1]
      if (how === 'PASS') tests.passed += 1
      else if (how === 'FAIL') tests.failed += 1
      else if (how === 'SKIP') tests.skipped += 1
      const whole = packageLine.exec(text)?.[1]
      if (whole === 'ok' && !text.includes('[no tests to run]')) packages.passed += 1
      else if (whole === 'FAIL') packages.failed += 1
    },
    counts() {
      if (tests.passed + tests.failed + tests.skipped > 0) return { ...tests }
      return packages.passed + packages.failed > 0 ? { ...packages } : undefined
    },
  }
}
