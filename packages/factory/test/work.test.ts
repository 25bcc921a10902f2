import { spawn } from 'node:child_process'
import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { defaultSessionLimits } from '@headrace/core'
import { expect, test } from 'vitest'
import {
  attemptEnvironment,
  checkoutTree,
  createPathMatcher,
  endMarked,
  linkFault,
  mergeWork,
  receiveWork,
  type FactoryError,
} from '@headrace/factory'
import { workDiff } from '../src/work/work-diff.ts'
import { factoryFloor } from './support/factory-floor.ts'
import { workTree } from './support/git-repository.ts'

const files = { 'a.txt': 'one\ntwo\nthree\n', 'src/b.txt': 'b\n', '.ci/run!': '#!/bin/sh\nexit 1\n' }

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error as FactoryError, // the tests compare its fields
  )

test('G2: work leaves as a bundle with commits and what was left uncommitted, and lands as one commit on the base', async () => {
  const floor = await factoryFloor(files)
  const { attempt, agent } = await floor.attempt('one')
  agent.write({ 'a.txt': 'one\ntwo\nthree\nfour\n' })
  agent.commit('four')
  agent.write({ 'new/c.txt': 'c\n', 'src/b.txt': null, 'run!': '#!/bin/sh\n', link: { link: 'a.txt' } })
  const work = await floor.collect(attempt)
  expect(work).toMatchObject({ uncommitted: true, base: attempt.base })
  const merged = await floor.merge(attempt)
  if (merged.kind !== 'merged') throw new Error(merged.kind)
  const base = await floor.vault.head()
  expect(await floor.vault.git.text(['diff-tree', '-r', '--name-status', base, merged.commit])).toBe(
    'M\ta.txt\nA\tlink\nA\tnew/c.txt\nA\trun\nD\tsrc/b.txt',
  )
  expect(await floor.advance(base, merged.commit)).toEqual({ kind: 'advanced', head: merged.commit })
  expect(await floor.vault.head()).toBe(merged.commit)
  // The folder where the base is checked out follows.
  expect(floor.origin.git('log', '--format=%an %s')).toBe('Agent Work of one\nAda first')
  expect(floor.origin.git('status', '--porcelain')).toBe('')
  expect(existsSync(path.join(floor.origin.folder, 'new/c.txt'))).toBe(true)
})

test('what work changes can be shown as git prints it, cut between two lines where it is long', async () => {
  const floor = await factoryFloor(files)
  const { attempt, agent } = await floor.attempt('one')
  agent.write({ 'a.txt': 'one\nzwei\nthree\n' })
  await floor.collect(attempt)
  const merged = await floor.merge(attempt)
  if (merged.kind !== 'merged') throw new Error(merged.kind)
  const { git } = floor.vault
  const small = await workDiff(git, attempt.base, merged.commit)
  expect(small).toMatchObject({ base: attempt.base, head: merged.commit })
  expect(small.patch).toContain('-two\n+zwei\n')
  expect(small.cut).toBeUndefined()
  const { attempt: other, agent: writer } = await floor.attempt('two')
  writer.write({
    'control.txt': `${'\u0001'.repeat(70)}\n`.repeat(200),
    'long.txt': 'a line that is repeated\n'.repeat(20_000),
  })
  await floor.collect(other)
  const long = await floor.merge(other)
  if (long.kind !== 'merged') throw new Error(long.kind)
  const { patch, cut } = await workDiff(git, other.base, long.commit)
  expect(cut).toBe(true)
  expect(patch.length).toBeLessThanOrEqual(40_000)
  expect(JSON.stringify(patch).length).toBeLessThan(defaultSessionLimits.eventChars)
  expect(patch.endsWith('+a line that is repeated\n')).toBe(true)
})

test('G2: work that changes nothing is said to be none', async () => {
  const floor = await factoryFloor(files)
  const { attempt, agent } = await floor.attempt('one')
  expect(await failure(floor.collect(attempt))).toMatchObject({ code: 'work_empty' })
  agent.commit('nothing')
  expect(await floor.merge(attempt)).toMatchObject({ kind: 'nothing', putBack: [] })
})

test('G2b: nothing is read while a process of the attempt runs', async () => {
  const floor = await factoryFloor(files)
  const { attempt } = await floor.attempt('one')
  const env = attemptEnvironment(attempt)
  const child = spawn('/usr/bin/tail', ['-f', '/dev/null'], { env: { ...env }, stdio: 'ignore', detached: true })
  await new Promise((resolve) => child.once('spawn', resolve))
  await expect.poll(async () => (await failure(floor.collect(attempt)))?.code).toBe('still_alive')
  expect((await endMarked(attempt.marker)).left).toEqual([])
  expect(await failure(floor.collect(attempt))).toMatchObject({ code: 'work_empty' })
})

test('G2b: a clone that points outside of itself, or has no objects any more, is not read', async () => {
  const cases: Record<string, (clone: string, outside: string) => void> = {
    'objects/info/alternates': (clone, outside) => {
      mkdirSync(path.join(clone, '.git/objects/info'), { recursive: true })
      writeFileSync(path.join(clone, '.git/objects/info/alternates'), path.join(outside, '.git/objects\n'))
    },
    '.git is no folder': (clone, outside) => {
      rmSync(path.join(clone, '.git'), { recursive: true })
      writeFileSync(path.join(clone, '.git'), `gitdir: ${outside}/.git\n`)
    },
    'is no plain file': (clone, outside) =>
      symlinkSync(path.join(outside, '.git/objects/pack'), path.join(clone, '.git/objects/aa')),
    '.git/refs is no folder': (clone, outside) => {
      rmSync(path.join(clone, '.git/refs'), { recursive: true })
      symlinkSync(path.join(outside, '.git/refs'), path.join(clone, '.git/refs'))
    },
    'HEAD is no plain file': (clone, outside) => {
      rmSync(path.join(clone, '.git/HEAD'))
      symlinkSync(path.join(outside, '.git/HEAD'), path.join(clone, '.git/HEAD'))
    },
    'no such file or directory': (clone) => rmSync(path.join(clone, '.git/objects'), { recursive: true }),
    '.git is gone': (clone) => rmSync(path.join(clone, '.git'), { recursive: true }),
    'names no commit': (clone) => writeFileSync(path.join(clone, '.git/HEAD'), 'ref: refs/../../x\n'),
  }
  const floor = await factoryFloor(files)
  const secret = workTree(path.join(floor.folder, 'secret'))
  secret.write({ secret: 'canary' })
  secret.commit('secret')
  for (const [index, [what, spoil]] of Object.entries(cases).entries()) {
    const { attempt } = await floor.attempt(`case-${index}`)
    spoil(attempt.clone, secret.folder)
    const error = await failure(floor.collect(attempt))
    expect(error?.code, what).toBe('work_unsafe')
    expect(error?.message).toContain(what)
  }
})

test('G2c: a bundle over a limit, torn, or with unsound objects leaves nothing in the vault', async () => {
  const floor = await factoryFloor(files)
  const { attempt, agent } = await floor.attempt('one')
  for (let n = 0; n < 5; n += 1) {
    agent.write({ [`f${n}`]: `${n}` })
    agent.commit(`${n}`)
  }
  const { bundle } = await floor.collect(attempt)
  const receive = (more: object) =>
    failure(receiveWork({ vault: floor.vault, attempt: 'one', bundle, base: attempt.base, ...more }))
  const bytes = readFileSync(bundle)
  for (const at of [bytes.length - 40, bytes.indexOf(' refs/heads/work') - 5]) {
    writeFileSync(
      bundle,
      bytes.map((byte, index) => (index === at ? byte ^ 255 : byte)),
    )
    expect(await receive({})).toMatchObject({ code: 'work_invalid' })
  }
  writeFileSync(bundle, 'no bundle')
  expect(await receive({})).toMatchObject({ code: 'work_invalid' })
  expect(await floor.vault.git.text(['for-each-ref', 'refs/agents/'])).toBe('')
  writeFileSync(bundle, bytes)
  expect(await receive({ maxBytes: 100 })).toMatchObject({ code: 'work_too_large' })
  expect(await receive({ maxObjects: 3 })).toMatchObject({ code: 'work_too_large' })
  expect(await receive({ maxCommits: 4 })).toMatchObject({ code: 'work_too_large' })
  expect(await floor.vault.git.text(['for-each-ref', 'refs/agents/'])).toBe('')
  expect(await receive({})).toBeUndefined()
})

test('G2c: work that does not stem from the base is refused', async () => {
  const floor = await factoryFloor(files)
  const { attempt, agent } = await floor.attempt('one')
  agent.git('checkout', '-q', '--orphan', 'other')
  agent.commit('from nowhere')
  expect(await failure(floor.merge(attempt))).toMatchObject({ code: 'work_invalid' })
})

test('G1a: a merge conflict moves nothing and gives back the files and their text', async () => {
  const floor = await factoryFloor(files)
  const { attempt, agent } = await floor.attempt('one')
  agent.write({ 'a.txt': 'one\nMINE\nthree\n' })
  floor.origin.write({ 'a.txt': 'one\nTHEIRS\nthree\n' })
  const head = floor.origin.commit('theirs')
  await floor.vault.refresh()
  expect(await floor.merge(attempt)).toEqual({
    kind: 'conflict',
    files: [
      {
        path: 'a.txt',
        text: expect.stringMatching(/^one\n<{7} \w+\nTHEIRS\n={7}\nMINE\n>{7} \w+\nthree\n$/),
      },
    ],
    said: ['CONFLICT (content): Merge conflict in a.txt'],
  })
  expect(await floor.vault.head()).toBe(head)
})

test('G1: the base moves from the commit that was judged only, and nobody is overwritten', async () => {
  const floor = await factoryFloor(files)
  const { attempt, agent } = await floor.attempt('one')
  agent.write({ 'c.txt': 'c\n' })
  const merged = await floor.merge(attempt)
  if (merged.kind !== 'merged') throw new Error(merged.kind)
  const from = await floor.vault.head()
  floor.origin.write({ 'd.txt': 'd\n' })
  const other = floor.origin.commit('somebody was faster')
  expect(await floor.advance(from, merged.commit)).toEqual({ kind: 'stale', head: other })
  expect(floor.origin.git('rev-parse', 'main')).toBe(other)
  const again = await mergeWork({
    vault: floor.vault,
    base: other,
    head: merged.commit,
    protectedPaths: [],
    message: 'again',
    author: { name: 'a', email: 'a@b' },
    now: 0,
  })
  if (again.kind !== 'merged') throw new Error(again.kind)
  await expect(floor.advance(from, again.commit)).rejects.toMatchObject({ code: 'bad_option' })
  // Changes in the folder where the base is checked out are not lost.
  floor.origin.write({ 'a.txt': 'in the middle of something\n' })
  expect(await floor.advance(other, again.commit)).toMatchObject({
    kind: 'refused',
    why: expect.stringContaining('Working directory has unstaged changes'),
  })
  expect(readFileSync(path.join(floor.origin.folder, 'a.txt'), 'utf8')).toBe('in the middle of something\n')
  floor.origin.write({ 'a.txt': 'one\ntwo\nthree\n' })
  expect(await floor.advance(other, again.commit)).toEqual({ kind: 'advanced', head: again.commit })
})

test('G3: protected paths are as in the base, whatever a change does to them', async () => {
  const cases: Record<string, Parameters<ReturnType<typeof workTree>['write']>[0]> = {
    edited: { '.ci/run!': '#!/bin/sh\nexit 0\n' },
    deleted: { '.ci/run': null },
    added: { '.ci/extra!': '#!/bin/sh\n' },
    'no program any more': { '.ci/run': '#!/bin/sh\nexit 1\n' },
    'a link in place of the folder': { '.ci': { link: 'src' } },
    'a file in place of the folder': { '.ci': 'file' },
    'a folder in place of the file': { '.ci/run': null, '.ci/run/x': 'x' },
    'other upper and lower case': { '.CI/run!': '#!/bin/sh\nexit 0\n' },
  }
  const floor = await factoryFloor(files)
  const base = await floor.vault.git.text(['ls-tree', 'main:', '--', '.ci'])
  for (const [index, [name, change]] of Object.entries(cases).entries()) {
    const { attempt, agent } = await floor.attempt(`case-${index}`)
    if (name === 'a folder in place of the file') agent.write({ '.ci/run': null })
    agent.write({ ...change, 'c.txt': 'c\n' })
    const merged = await floor.merge(attempt, ['.ci/**'])
    if (merged.kind !== 'merged') throw new Error(`${name}: ${merged.kind}`)
    expect(merged.putBack, name).not.toEqual([])
    expect(await floor.vault.git.text(['ls-tree', `${merged.tree}:`, '--', '.ci']), name).toBe(base)
    expect(await floor.vault.git.text(['ls-tree', '-r', '--name-only', merged.tree]), name).toBe(
      '.ci/run\na.txt\nc.txt\nsrc/b.txt',
    )
  }
})

test('G3a: a checkout is what the objects say: no filter, no conversion, no hook, no repository', async () => {
  const floor = await factoryFloor({ ...files, 'crlf.md': 'a\r\nb\n' })
  const { attempt, agent } = await floor.attempt('one')
  agent.write({
    '.gitattributes': '* filter=evil\n*.txt text eol=crlf ident\na.txt export-ignore\n',
    'id.md': '$Id$\n',
    'in/link': { link: '../a.txt' },
    'run!': '#!/bin/sh\n',
  })
  agent.git('config', 'filter.evil.smudge', `touch ${floor.folder}/canary`)
  const merged = await floor.merge(attempt)
  if (merged.kind !== 'merged') throw new Error(merged.kind)
  const into = path.join(floor.folder, 'checkout')
  const { files: count } = await checkoutTree({ vault: floor.vault, tree: merged.tree, base: attempt.base, into })
  expect(count).toBe(8)
  expect(readFileSync(path.join(into, 'a.txt'), 'utf8')).toBe('one\ntwo\nthree\n')
  expect(readFileSync(path.join(into, 'crlf.md'), 'utf8')).toBe('a\r\nb\n')
  expect(readFileSync(path.join(into, 'id.md'), 'utf8')).toBe('$Id$\n')
  expect(readFileSync(path.join(into, 'in/link'), 'utf8')).toBe('one\ntwo\nthree\n')
  expect(lstatSync(path.join(into, 'run')).mode & 0o111).toBe(0o111)
  expect(existsSync(path.join(into, '.git'))).toBe(false)
  expect(existsSync(path.join(floor.folder, 'canary'))).toBe(false)
})

test('G3a: a tree with a link out of it, another repository or too large a file is not written', async () => {
  const floor = await factoryFloor(files)
  const { attempt, agent } = await floor.attempt('one')
  agent.write({ out: { link: '../../../etc/passwd' }, abs: { link: '/etc/passwd' }, big: 'x'.repeat(1_000) })
  workTree(path.join(agent.folder, 'nested')).commit('nested')
  const merged = await floor.merge(attempt)
  if (merged.kind !== 'merged') throw new Error(merged.kind)
  const into = path.join(floor.folder, 'checkout')
  const checkout = checkoutTree({ vault: floor.vault, tree: merged.tree, base: attempt.base, into, maxFileBytes: 999 })
  expect(await failure(checkout)).toMatchObject({
    code: 'tree_unsafe',
    evidence: [
      'abs: it leads to an absolute path',
      'big: it has 1000 bytes, of at most 999 (maxFileBytes)',
      'nested: it is another repository (submodule)',
      'out: it leads out of the repository',
    ],
  })
  expect(existsSync(into)).toBe(false)
})

test('G3a: links are judged by where they can lead, not by how they look', () => {
  const inside: [string, string][] = [
    ['a', 'b'],
    ['d/a', '../b'],
    ['d/e/a', '../../b/c'],
    ['a', './b'],
  ]
  const outside: [string, string][] = [
    ['a', '..'],
    ['d/a', '../../x'],
    ['a', '/etc'],
    ['a', ''],
    ['d/y', 'x/../foo'],
    ['a', '.git/hooks'],
    ['d/a', '../.GIT/config'],
  ]
  for (const [file, target] of inside) expect(linkFault(file, target), `${file} -> ${target}`).toBeUndefined()
  for (const [file, target] of outside) expect(linkFault(file, target), `${file} -> ${target}`).toBeDefined()
})

test('G3: globs name what is below a folder, the folder itself, and names that begin with a dot', () => {
  const matches = createPathMatcher(['.ci/**', 'src/*.ts', '!x'], { ignoreCase: true })
  for (const file of ['.ci', '.ci/run', '.ci/a/.b', '.CI/Run', 'src/a.ts', '!x']) expect(matches(file), file).toBe(true)
  for (const file of ['ci', 'x', 'src/a/b.ts', '.cix']) expect(matches(file), file).toBe(false)
})
