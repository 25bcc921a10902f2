import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const script = fileURLToPath(new URL('../../../scripts/spec.mjs', import.meta.url))

/**
 * Runs the script over a project of one SPEC.md and one test file. Quotes in it are written `~`, or the script would find
 * its titles here.
 */
async function check(
  rules: readonly string[],
  source: string,
): Promise<{ readonly lines: readonly string[]; readonly ok: boolean }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'headrace-spec-'))
  await mkdir(path.join(folder, 'packages/one/test/deep'), { recursive: true })
  await writeFile(path.join(folder, 'packages/one/test/deep/one.test.ts'), source.replaceAll('~', '"'))
  const table = rules.map((rule) => `| ${rule} | holds. See Z9. |`)
  await writeFile(
    path.join(folder, 'SPEC.md'),
    `# Rules\n\n| id | rule |\n|---|---|\n${table.join('\n')}\n\n- Planned: Q1\n`,
  )
  const result = await new Promise<{ lines: string[]; ok: boolean }>((resolve) => {
    execFile(process.execPath, [script, folder], (error, stdout) =>
      resolve({ lines: stdout.trim().split('\n'), ok: error === null }),
    )
  })
  await rm(folder, { recursive: true })
  return result
}

test('a rule is tested when a title begins with it', async () => {
  const source = `
    test(~L1: one~, () => {})
    describe(~L2 L3a, L3b: several~, () => {})
    test(~S5 without a colon~, () => {})
    test.each([[1, (x) => x(~no~)]])(~R3: each %s~, () => {})
    test.skipIf(true)(~R4: somewhere~, () => {})
    it.concurrent(~R5: x~, () => {})
  `
  const { lines, ok } = await check(['L1', 'L2', 'L3a', 'L3b', 'S5', 'R3', 'R4', 'R5'], source)
  expect(lines).toEqual(['0 untested rules'])
  expect(ok).toBe(true)
})

test('what is only mentioned, skipped, to do or commented out is not tested', async () => {
  const source = `
    test(~not L1: one~, () => {})
    test(~L12: another~, () => {})
    test.skip(~L2: off~, () => {})
    test.todo(~L3: later~)
    // test(~L4: gone~, () => {})
    /* test(~L5: gone~, () => {}) */
    log(~L6: no test~)
  `
  const { lines, ok } = await check(['L1', 'L12', 'L2', 'L3', 'L4', 'L5', 'L6'], source)
  expect(lines).toEqual([
    ...['L1', 'L2', 'L3', 'L4', 'L5', 'L6'].map((rule) => `${rule} is named by no test`),
    '6 untested rules',
  ])
  expect(ok).toBe(false)
})

test('ids that are no rules, and rules that stand twice, fail too', async () => {
  const { lines, ok } = await check(['L1', 'L1'], 'test(~L1 Z9: one~, () => {})')
  const where = path.join('packages', 'one', 'test', 'deep', 'one.test.ts')
  expect(lines).toEqual([
    'L1 stands twice in SPEC.md',
    `Z9 is no rule of SPEC.md: ${where}:1 "L1 Z9: one"`,
    '0 untested rules',
  ])
  expect(ok).toBe(false)
})
