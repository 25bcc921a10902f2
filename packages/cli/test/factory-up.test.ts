import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { makeDemoRepository } from '@headrace/factory'
import { expect, test } from 'vitest'
import { exitCode } from '../src/exit-code.ts'
import { folder, headrace, start } from './support/headrace.ts'

test('F9e: from init to up: files that are not committed, a key that is not set and an agent that is not there are told', async () => {
  await using place = await folder()
  const cwd = path.join(place.path, 'pebble')
  await makeDemoRepository(cwd)
  const git = (...args: string[]): void => {
    const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com']
    execFileSync('git', [...who, ...args], { cwd, stdio: 'pipe' })
  }
  // The files say which branch it is; nobody has to say it again.
  git('branch', '-m', 'main', 'trunk')
  expect((await headrace(['factory', 'init'], { cwd })).stdout).toContain('Commit these files to trunk')
  const early = await headrace(['factory', 'up', '--port', '0'], { cwd })
  expect(early.code).toBe(exitCode.notStarted)
  expect(early.stderr).toContain('The branch trunk has no .headrace/factory.yaml.\n  Commit it there')
  git('add', '.headrace')
  git('commit', '-q', '-m', 'Describe the floor')
  const other = await headrace(['factory', 'up', '--port', '0', '--base', 'main'], { cwd })
  expect(other.stderr).toMatch(
    /^error: \/.* has no branch "main"\.\n[^]*\nMake the branch, or name another one: with --base/,
  )
  await using floor = start(['factory', 'up', '--port', '0', '--json'], { cwd, env: { PATH: '/usr/bin:/bin' } })
  await floor.seen(/^.*\n/)
  expect(floor.stderr.split('\n')).toEqual([
    "warning: Lanes without their agent: bugs, ci-flakes, ci-red, features, horizon. The agent codex can't be started: there is no program codex-acp on this machine. Install it: npm install --global @zed-industries/codex-acp@0.16.0",
    'warning: OPENAI_API_KEY is not set, so agents get no answer from the models of openai.',
    '',
  ])
})
