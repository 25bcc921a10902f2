import { existsSync, readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** All test files of the project, as one text. */
const tests = readdirSync(path.join(root, 'packages'))
  .map((name) => path.join(root, 'packages', name, 'test'))
  .concat(path.join(root, 'test'))
  .filter((folder) => existsSync(folder))
  .flatMap((folder) => readdirSync(folder, { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isFile() && /\.test\.tsx?$/.test(entry.name))
  .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), 'utf8'))
  .join('\n')

const page = readFileSync(path.join(root, 'docs/security.md'), 'utf8')
const threats = page.slice(page.indexOf('## Threats'), page.indexOf('## What is not covered'))
const rows = threats
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .slice(2)
  .map((line) => line.split('|').map((cell) => cell.trim()))

describe('docs/security.md', () => {
  test('has a threat, what stands against it and a test in every row', () => {
    expect(rows.length).toBeGreaterThan(30)
    for (const [, threat = '', control = '', shown = '', ...more] of rows) {
      expect([threat, control].every((text) => text.length > 10)).toBe(true)
      expect(shown).toMatch(/^`[ADFGHKQT]\d{1,2}[a-z]?:? [^`]+`$/)
      expect(more).toEqual([''])
    }
  })

  test.each(rows.map(([, , , shown = '']) => [shown.slice(1, -1)]))('names a test that exists: %s', (title) => {
    expect(tests).toContain(`('${title}'`)
  })
})
