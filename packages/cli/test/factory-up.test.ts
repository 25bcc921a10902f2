import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { makeDemoRepository } from '@headrace/factory'
import { expect, test } from 'vitest'
import { exitCode } from '../src/exit-code.ts'
import { folder, headrace, start } from './support/headrace.ts'

test('F9e: from init to up: files that are not committed and a key that is not set are told', async () => {
  await using place = await folder()
  const cwd = path.join(place.path, 'pebble')
  await makeDemoRepository(cwd)
  const git = (...args: string[]): void => {
    const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com']
    execFileSync('git', [...who, ...args], { cwd, stdio: 'pipe' })
  }
  expect((await headrace(['factory', 'init'], { cwd })).stdout).toContain('Commit these files to main')
  const early = await headrace(['factory', 'up', '--port', '0'], { cwd })
  expect(early.code).toBe(exitCode.notStarted)
  expect(early.stderr).toContain('The branch main has no .headrace/factory.yaml.\n  Commit it there')
  git('add', '.headrace')
  git('commit', '-q', '-m', 'Describe the floor')
  await using floor = start(['factory', 'up', '--port', '0', '--json'], { cwd })
  await floor.seen(/^.*\n/)
  expect(floor.stderr).toBe('warning: OPENAI_API_KEY is not set, so agents get no answer from the models of openai.\n')
})
