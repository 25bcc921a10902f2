// Lists the skipped tests with their reasons, and the failed ones once more, where the end of a long output shows them.
// Closes with the one line that scripts look for: `N passed, N failed, N skipped`. With HEADRACE_CLOSING_LINE the line goes
// to that file, for the caller to print last.
import { writeFileSync } from 'node:fs'
import process from 'node:process'
import type { Reporter, TestCase, TestModule } from 'vitest/node'

export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const skipped: string[] = []
    const failures: string[] = []
    let passed = 0
    // A file that fails to load, a suite hook that throws and an error outside any test count as failures.
    let failed = unhandledErrors.length
    for (const module of modules) {
      failed += module.errors().length
      for (const suite of module.children.allSuites()) failed += suite.errors().length
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed') passed += 1
        else if (state === 'failed') {
          failed += 1
          failures.push(`  ${module.relativeModuleId}: ${test.fullName}: ${firstLine(test)}`)
        } else skipped.push(`  ${module.relativeModuleId}: ${test.fullName}: ${reason(test)}`)
      }
    }
    if (skipped.length > 0) process.stdout.write(`\nSkipped:\n${skipped.join('\n')}\n`)
    if (failures.length > 0) process.stdout.write(`\nFailed:\n${failures.join('\n')}\n`)

    const line = `${passed} passed, ${failed} failed, ${skipped.length} skipped`
    const file = process.env['HEADRACE_CLOSING_LINE']
    if (file === undefined) process.stdout.write(`\n${line}\n`)
    else writeFileSync(file, line)
  }
}

const messageChars = 200

function firstLine(test: TestCase): string {
  const [line = ''] = (test.result().errors?.[0]?.message ?? '').split('\n', 1)
  return line.slice(0, messageChars)
}

function reason(test: TestCase): string {
  const result = test.result()
  if (result.state === 'pending') return 'did not run'
  if (test.options.mode === 'todo') return 'to do'
  return (result.state === 'skipped' ? result.note : undefined) ?? 'no reason given'
}
