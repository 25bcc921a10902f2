import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

// The boundaries between the packages are rules in tool configuration; these tests show that they bite.
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'headrace-fences-'))
  const config = await readFile(path.join(root, '.oxlintrc.json'), 'utf8')
  await writeFile(path.join(folder, '.oxlintrc.json'), config.replace('"typeAware": true', '"typeAware": false'))
})
afterAll(() => rm(folder, { recursive: true }))

function run(tool: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    const file = path.join(root, 'node_modules', tool)
    execFile(process.execPath, [file, ...args], { cwd: folder }, (_error, stdout, stderr) => resolve(stdout + stderr))
  })
}

async function lint(file: string, source: string): Promise<string> {
  await mkdir(path.dirname(path.join(folder, file)), { recursive: true })
  await writeFile(path.join(folder, file), source)
  return run('oxlint/bin/oxlint', ['--format=unix', file])
}

describe('imports', () => {
  test.each([
    ['packages/core/src/a.ts', 'node:fs'],
    ['packages/core/src/a.ts', 'ws'],
    ['packages/core/src/a.ts', '../../client/src/index.ts'],
    ['packages/client/src/a.ts', 'node:fs'],
    ['packages/client/src/a.ts', 'react'],
    ['packages/client/src/a.ts', '@headrace/server'],
    ['packages/client/src/react.ts', '@headrace/server'],
    ['packages/client/src/react.ts', 'react-dom'],
    ['packages/server/src/a.ts', '@headrace/client'],
    ['packages/server/src/a.ts', '@headrace/client/agent'],
    ['packages/server/src/a.ts', 'headrace'],
    ['packages/server/src/store/a.ts', '../../../core/src/index.ts'],
    ['packages/testing/src/a.ts', '@headrace/server'],
    ['packages/testing/src/a.ts', '@headrace/factory'],
    ['packages/server/src/a.ts', '@headrace/factory'],
    ['packages/factory/src/a.ts', '@headrace/server'],
    ['packages/factory/src/a.ts', 'headrace'],
    ['packages/factory/src/gate/a.ts', 'node:child_process'],
    ['packages/factory/src/floor/a.ts', 'node:path'],
    ['packages/factory/src/floor.ts', './git/create-git.ts'],
    ['packages/console/src/a.ts', '@headrace/factory'],
    ['packages/cli/src/a.ts', '@headrace/console'],
    ['packages/console/src/a.ts', '@headrace/server'],
    ['packages/console/src/a.ts', 'node:fs'],
  ])('%s may not import %s', async (file, source) => {
    expect(await lint(file, `export * from '${source}'\n`)).toContain(`'${source}' import is restricted`)
  })

  test.each([
    ['packages/core/src/decide/a.ts', '../state.ts'],
    ['packages/client/src/a.ts', '@headrace/core'],
    ['packages/client/src/react.ts', 'react'],
    ['packages/server/src/a.ts', '@headrace/core'],
    ['packages/server/src/a.ts', 'node:http'],
    ['packages/server/src/client/a.ts', '../core/a.ts'],
    ['packages/testing/src/a.ts', '@headrace/client/agent'],
    ['packages/cli/src/a.ts', '@headrace/server/store/memory'],
    ['packages/cli/src/a.ts', '@headrace/factory'],
    ['packages/factory/src/a.ts', '@headrace/client'],
    ['packages/factory/src/process/a.ts', 'node:child_process'],
    ['packages/console/src/a.ts', '@headrace/client/react'],
    ['packages/console/src/a.ts', '@headrace/factory/floor'],
    ['packages/factory/src/floor/a.ts', '@headrace/core'],
    ['packages/core/src/a.test.ts', 'vitest'],
  ])('%s may import %s', async (file, source) => {
    expect(await lint(file, `export * from '${source}'\n`)).not.toContain('restricted')
  })
})

test('core reads no clock and makes no randomness', async () => {
  const output = await lint('packages/core/src/clock.ts', 'export const t: number = Date.now() + Math.random()\n')
  expect(output).toContain('Core reads no clock')
  expect(output).toContain("'Math.random' is restricted")
})

test('core cannot name what a platform offers', async () => {
  const names = ['setTimeout', 'console', 'fetch', 'process', 'WebSocket']
  await writeFile(path.join(folder, 'platform.ts'), `export const names: unknown[] = [${names.join(', ')}]\n`)
  const config = {
    extends: path.join(root, 'packages/core/tsconfig.json'),
    compilerOptions: { composite: false, declaration: true, noEmit: true, rootDir: '.' },
    files: ['platform.ts'],
  }
  await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify(config))
  const output = await run('typescript/bin/tsc', ['-p', folder])
  for (const name of names) expect(output).toContain(`Cannot find name '${name}'`)
})
