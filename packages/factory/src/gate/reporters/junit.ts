import { constants } from 'node:fs'
import { lstat, open } from 'node:fs/promises'
import path from 'node:path'
import { noTests, type TestCounts } from '../test-counts.ts'

const maxBytes = 33_554_432

/**
 * Counts the test cases of a JUnit report that a run wrote into its checkout. `undefined` if there is none, or if it is
 * no plain file of at most 32 MiB.
 */
export async function readJunit(checkout: string, file: string): Promise<TestCounts | undefined> {
  const place = path.join(checkout, file)
  const found = await lstat(place).catch(() => undefined)
  if (!found?.isFile() || found.size > maxBytes) return undefined
  const handle = await open(place, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    return countJunit(await handle.readFile('utf8'))
  } finally {
    await handle.close()
  }
}

/** Counts the test cases of a JUnit report. */
export function countJunit(xml: string): TestCounts | undefined {
  if (!/<testsuites?[\s>/]/.test(xml)) return undefined
  const tag =
    /<!\[CDATA\[[\s\S]*?\]\]>|<!--[\s\S]*?-->|<(testcase)\b[^>]*?(\/?)>|<\/(testcase)>|<(failure|error|skipped)\b/g
  const counts = { ...noTests }
  let state: keyof TestCounts | undefined
  for (const [, opened, isWhole, closed, mark] of xml.matchAll(tag)) {
    if (opened !== undefined) {
      state = 'passed'
      if (isWhole === '/') {
        counts.passed += 1
        state = undefined
      }
    } else if (mark !== undefined && state !== undefined) state = mark === 'skipped' ? 'skipped' : 'failed'
    else if (closed !== undefined && state !== undefined) {
      counts[state] += 1
      state = undefined
    }
  }
  return counts
}
