import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { exitCode } from '../src/exit-code.ts'
import { folder, headrace } from './support/headrace.ts'

test('K1 K1b K1c K4: skills are added, checked, listed, compared, and exchanged with another repository', async () => {
  await using place = await folder()
  const [repository, other] = [path.join(place.path, 'repo'), path.join(place.path, 'other')]
  const git = (cwd: string, ...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.test', ...args], { cwd, encoding: 'utf8' })
  for (const each of [repository, other]) {
    mkdirSync(each)
    git(each, 'init', '-q', '-b', 'main')
    writeFileSync(path.join(each, 'package.json'), '{"scripts":{"test":"node --test"}}')
    git(each, 'add', '-A')
    git(each, 'commit', '-q', '-m', 'first')
  }
  const vault = ['--repository', repository, '--folder', path.join(place.path, 'factory')]
  const skill = (...args: string[]): ReturnType<typeof headrace> => headrace(['factory', 'skill', ...args])
  await headrace(['factory', 'init', '--repository', repository])
  git(repository, 'add', '-A')
  git(repository, 'commit', '-q', '-m', 'floor')

  const listed = await skill('list', ...vault, '--json')
  const lines = listed.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { name: string; version: string; lanes: string[] }) // by the command
  expect(lines.map(({ name, lanes }) => `${name}: ${lanes.join(', ')}`)).toEqual([
    'bug-reproducer: bugs',
    'docs: ',
    'horizon: horizon',
    'refactor: ',
    'small-feature: features',
    'test-fixer: ci-flakes, ci-red',
  ])
  const was = lines.find(({ name }) => name === 'docs')?.version ?? ''
  expect((await skill('add', 'docs', '--repository', repository)).code).toBe(exitCode.refused)

  const file = path.join(repository, '.headrace/skills/docs/SKILL.md')
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, text.replace('name: docs', 'name: Docs\nmodel: large'))
  expect(await skill('check', '--repository', repository)).toMatchObject({
    code: exitCode.refused,
    stderr: expect.stringMatching(
      /docs\/SKILL\.md:2:1 name: must be in lower case\n.*SKILL\.md:3:1 model: is no field/,
    ) as string,
  })
  writeFileSync(file, `${text}\nRead it aloud.\n`)
  git(repository, 'commit', '-q', '-a', '-m', 'other words')
  expect((await skill('ab', 'docs', '--against', 'HEAD~2', ...vault)).stderr).toMatch(
    /^error: There is no skill docs in the commit [0-9a-f]{40}\.\n/,
  )
  const begun = await skill('ab', 'docs', '--against', 'HEAD~1', '--share', '30', ...vault)
  expect(begun.stdout).toMatch(
    new RegExp(`^docs@\\w{12} and ${was} are compared, the latter for 30 % of the tasks\\.$`, 'm'),
  )
  git(repository, 'commit', '-q', '-a', '-m', 'compare')
  expect((await headrace(['factory', 'check', '--repository', repository])).code).toBe(exitCode.ok)
  expect(await skill('ab', 'docs', '--against', 'nowhere', ...vault)).toMatchObject({
    code: exitCode.refused,
    stderr: expect.stringContaining('There is no commit nowhere in the history of main.') as string,
  })

  const none = `${other}-none`
  expect((await skill('import', none, '--repository', other)).stderr).toMatch(
    new RegExp(`^error: ${none} can't be fetched: '${none}' does not appear to be a git repository\\.\n`),
  )
  const sent = await skill('export', 'docs', '--to', other, '--branch', 'theirs', ...vault)
  expect(sent.stdout).toMatch(/^docs@\w{12} is on the branch theirs of /)
  const back = await skill('import', other, 'docs', '--ref', 'theirs', '--repository', other)
  expect(back.stdout).toContain(/^docs@\w{12}/.exec(sent.stdout)?.[0] ?? '')
  expect(readFileSync(path.join(other, '.headrace/skills/docs/SKILL.md'), 'utf8')).toContain('Read it aloud.')
})
