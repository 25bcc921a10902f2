import { execFileSync } from 'node:child_process'
import process from 'node:process'
import { expect, test } from 'vitest'

test('the option that keeps collections short exists in this V8, which says nothing where it does not', () => {
  const options = execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' })
  expect(options).toMatch(/^ *--allocation-site-pretenuring /m)
})
