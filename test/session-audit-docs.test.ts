import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { areas, scenarios } from '@headrace/testing/session-kit'
import { auditPage, generated } from './support/audit-page.ts'

const page = await readFile(join(import.meta.dirname, '../docs/session-audit.md'), 'utf8')
const ids: readonly string[] = scenarios.map(({ id }) => id)
const numbered = (letter: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${letter}${index + 1}`)

describe('the session audit', () => {
  test('asks each of the 25 audit questions and the 32 edge cases once', () => {
    expect(ids.filter((id) => id.startsWith('Q'))).toEqual(numbered('Q', 25))
    expect(ids.filter((id) => id.startsWith('E'))).toEqual(numbered('E', 32))
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('docs/session-audit.md lists what is asked; `npm run audit -- --write` makes it anew', () => {
    expect(auditPage(page)).toBe(page)
  })

  test('the score in docs/session-audit.md has every question and every capability', () => {
    const score = generated(page, 'score')
    const named: readonly string[] = score.match(/\b[QEX]\d+\b/g) ?? []
    expect(new Set(named)).toEqual(new Set(ids))
    for (const title of Object.values(areas)) expect(score).toContain(`| ${title} `)
  })
})
