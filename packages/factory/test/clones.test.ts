import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import {
  attemptEnvironment,
  createClones,
  endMarked,
  openVault,
  recoverVault,
  type ClonesOptions,
} from '@headrace/factory'
import { startOrTakeOver } from '../src/clones/start-or-take-over.ts'
import { testFolder, workTree } from './support/git-repository.ts'

async function floor(options: Partial<ClonesOptions> = {}) {
  const folder = testFolder()
  const origin = workTree(path.join(folder, 'origin'))
  origin.write({ 'a.txt': 'one\n', 'src/b.txt': 'two\n' })
  origin.commit('first')
  const vault = await openVault({ folder: path.join(folder, 'vault.git'), origin: origin.folder, base: 'main' })
  await vault.refresh()
  const time = { now: Date.parse('2026-01-01T00:00:00Z') }
  const clones = createClones({ folder: path.join(folder, 'floor'), vault, now: () => time.now, ...options })
  return { folder, origin, vault, clones, time }
}

test('F2: an attempt gets a fresh clone of the base, with hard links, its own home and ports, and no way back', async () => {
  const { origin, clones } = await floor()
  // What is not committed, and what is on other branches, is not the base.
  origin.write({ 'a.txt': 'dirty\n' })
  const [one, two] = await Promise.all([
    clones.start({ id: 'one', lane: 'bugs' }),
    clones.start({ id: 'two', lane: 'bugs' }),
  ])
  expect(readFileSync(path.join(one.clone, 'a.txt'), 'utf8')).toBe('one\n')
  const clone = workTree(one.clone, { init: false })
  expect(clone.git('status', '--porcelain', '--branch')).toBe('## attempt/one')
  expect(clone.git('remote')).toBe('')
  expect(existsSync(path.join(one.clone, '.git/hooks'))).toBe(false)
  const packs = path.join(one.clone, '.git/objects/pack')
  const pack = readdirSync(packs).find((name) => name.endsWith('.pack')) ?? ''
  expect(statSync(path.join(packs, pack)).nlink).toBe(3)
  expect([one.ports, two.ports]).toEqual([
    { from: 20_000, to: 20_019 },
    { from: 20_020, to: 20_039 },
  ])
  expect((await clones.list()).map(({ id }) => id)).toEqual(['one', 'two'])
})

test('F2: the environment of an attempt has nothing of ours', async () => {
  const { clones } = await floor()
  process.env['HEADRACE_TEST_SECRET'] = 'canary'
  const attempt = await clones.start({ id: 'one', lane: 'bugs' })
  const env = attemptEnvironment(attempt, { give: { MODEL: 'http://127.0.0.1:1' } })
  delete process.env['HEADRACE_TEST_SECRET']
  expect(JSON.stringify(env)).not.toContain('canary')
  expect(env).toMatchObject({ HOME: attempt.home, PORT: '20000', MODEL: 'http://127.0.0.1:1' })
  expect(env['HEADRACE_ATTEMPT']).toBe(attempt.marker)
})

test('F2a: an agent that writes into the object files it shares harms neither the base nor the next clone', async () => {
  const { vault, clones } = await floor()
  const one = await clones.start({ id: 'one', lane: 'bugs' })
  const packs = path.join(one.clone, '.git/objects/pack')
  for (const name of readdirSync(packs)) {
    chmodSync(path.join(packs, name), 0o644)
    writeFileSync(path.join(packs, name), 'overwritten in place')
  }
  expect(await vault.git.text(['show', 'main:a.txt'])).toBe('one')
  await vault.git.run(['fsck', '--strict'])
  const two = await clones.start({ id: 'two', lane: 'bugs' })
  expect(readFileSync(path.join(two.clone, 'a.txt'), 'utf8')).toBe('one\n')
})

test('F2c: the base follows its origin, and one that was rewritten is taken on purpose only', async () => {
  const { origin, vault } = await floor()
  const first = await vault.head()
  expect(await vault.refresh()).toEqual({ kind: 'same', head: first })
  origin.write({ 'a.txt': 'three\n' })
  const second = origin.commit('second')
  expect(await vault.refresh()).toEqual({ kind: 'advanced', head: second, from: first })
  origin.git('checkout', '-q', '-B', 'main', first)
  origin.write({ 'a.txt': 'four\n' })
  const other = origin.commit('another second')
  expect(await vault.refresh()).toEqual({ kind: 'rewritten', head: other, from: second })
  expect(await vault.head()).toBe(second)
  await expect(vault.acceptRewritten(second)).rejects.toMatchObject({ code: 'base_rewritten' })
  await vault.acceptRewritten(other)
  expect(await vault.head()).toBe(other)
})

test('F2c: a base branch that is not there is named', async () => {
  const { folder, origin } = await floor()
  const vault = await openVault({ folder: path.join(folder, 'v2.git'), origin: origin.folder, base: 'trunk' })
  await expect(vault.refresh()).rejects.toMatchObject({
    code: 'base_missing',
    message: expect.stringContaining('has no branch "trunk"'),
  })
  const nowhere = await openVault({ folder: path.join(folder, 'v3.git'), origin: folder, base: 'main' })
  await expect(nowhere.refresh()).rejects.toMatchObject({
    code: 'bad_option',
    message: expect.stringContaining(`${folder} is not the top folder of a git repository`),
  })
  await expect(openVault({ folder, origin: origin.folder, base: '--upload-pack=x' })).rejects.toMatchObject({
    code: 'bad_option',
  })
})

test('F8d: a clone is moved into quarantine, can be had back for days, and is deleted only after them', async () => {
  const { clones, time } = await floor()
  const one = await clones.start({ id: 'one', lane: 'bugs' })
  writeFileSync(path.join(one.clone, 'half.txt'), 'half done')
  mkdirSync(path.join(one.clone, 'closed'), { mode: 0o500 })
  const record = await clones.quarantine('one', 'it waffled')
  expect(record).toEqual({
    id: 'one',
    reason: 'it waffled',
    at: '2026-01-01T00:00:00.000Z',
    until: '2026-01-08T00:00:00.000Z',
  })
  expect(existsSync(one.clone)).toBe(false)
  expect(await clones.list()).toEqual([])
  const back = await clones.undo('one')
  expect(readFileSync(path.join(back.clone, 'half.txt'), 'utf8')).toBe('half done')
  await clones.quarantine('one', 'again')
  time.now += 6 * 86_400_000
  expect(await clones.expire()).toEqual([])
  time.now += 86_400_000
  expect(await clones.expire()).toEqual(['one'])
  await expect(clones.undo('one')).rejects.toMatchObject({ code: 'not_found' })
})

test('F8d: the look at start keeps what is held or alive, quarantines what is not, and leaves alone what it does not know', async () => {
  const { folder, clones } = await floor()
  const alive = await clones.start({ id: 'alive', lane: 'bugs' })
  for (const id of ['dead', 'held', 'torn']) await clones.start({ id, lane: 'bugs' })
  writeFileSync(path.join(folder, 'floor/attempts/torn/attempt.json'), '{"id": "to')
  const env = { ...attemptEnvironment(alive) }
  const child = spawn('/usr/bin/tail', ['-f', '/dev/null'], { env, stdio: 'ignore', detached: true })
  await new Promise((resolve) => child.once('spawn', resolve))
  await expect
    .poll(() => clones.quarantine('alive', 'x').catch((error: unknown) => error))
    .toMatchObject({
      code: 'still_alive',
      evidence: [`${child.pid} /usr/bin/tail -f /dev/null`],
    })
  expect(await clones.sweep(new Set(['held']))).toEqual([
    { id: 'alive', what: 'kept', why: '1 of its processes are running' },
    { id: 'dead', what: 'quarantined', why: 'nobody holds it and nothing of it runs' },
    { id: 'held', what: 'kept', why: 'it is held' },
    { id: 'torn', what: 'left', why: 'it has no record that can be read' },
  ])
  expect((await endMarked(alive.marker)).left).toEqual([])
  expect((await clones.quarantined()).map(({ id }) => id)).toEqual(['dead'])
})

test('F2d: disk use is measured once for what is shared, shown, and capped', async () => {
  const { clones } = await floor()
  const one = await clones.start({ id: 'one', lane: 'bugs' })
  const before = await clones.use()
  writeFileSync(path.join(one.clone, 'big'), Buffer.alloc(1_000_000))
  linkSync(path.join(one.clone, 'big'), path.join(one.clone, 'same'))
  const after = await clones.use()
  expect(after.bytes - before.bytes).toBeGreaterThanOrEqual(1_000_000)
  expect(after.bytes - before.bytes).toBeLessThan(1_100_000)
  const small = (await floor({ limits: () => ({ maxBytes: 10_000, undoDays: 7 }) })).clones
  await small.start({ id: 'one', lane: 'bugs' })
  await expect(small.start({ id: 'two', lane: 'bugs' })).rejects.toMatchObject({
    code: 'disk_full',
    detail: { maxBytes: 10_000 },
  })
})

test('F2d F8d: other limits count from when they are said, and what had its time in quarantine makes room', async () => {
  const limits = { maxBytes: 20_000_000, undoDays: 2 }
  const { clones, time } = await floor({ limits: () => limits })
  await clones.start({ id: 'one', lane: 'bugs' })
  expect((await clones.quarantine('one', 'x')).until).toBe('2026-01-03T00:00:00.000Z')
  limits.undoDays = 1
  await clones.start({ id: 'two', lane: 'bugs' })
  expect((await clones.quarantine('two', 'x')).until).toBe('2026-01-02T00:00:00.000Z')
  limits.maxBytes = 10_000
  await expect(clones.start({ id: 'three', lane: 'bugs' })).rejects.toMatchObject({ code: 'disk_full' })
  expect(await clones.use()).toMatchObject({ maxBytes: 10_000 })
  time.now = Date.parse('2026-01-03T00:00:00.000Z')
  await clones.start({ id: 'three', lane: 'bugs' })
  expect(await clones.quarantined()).toEqual([])
})

test('F2: an id that would be another path, or is taken, starts nothing', async () => {
  const { clones, folder } = await floor()
  for (const id of ['../x', '', '-x', 'A', 'x/y']) {
    await expect(clones.start({ id, lane: 'bugs' })).rejects.toMatchObject({ code: 'bad_option' })
  }
  const one = await clones.start({ id: 'one', lane: 'bugs' })
  await expect(clones.start({ id: 'one', lane: 'bugs' })).rejects.toMatchObject({ code: 'bad_option' })
  expect(existsSync(one.clone)).toBe(true)
  renameSync(path.join(folder, 'floor/attempts/one'), path.join(folder, 'gone'))
  await expect(clones.quarantine('one', 'x')).rejects.toMatchObject({ code: 'not_found' })
})

test('F7i: a clone that another process was still making for the same attempt is taken over, not given up', async () => {
  const { folder, vault, clones } = await floor()
  const others = createClones({ folder: path.join(folder, 'floor'), vault, now: () => 0 })
  const attempt = { id: 'one', lane: 'bugs' }
  const [theirs, ours] = await Promise.all([startOrTakeOver(others, attempt), startOrTakeOver(clones, attempt)])
  expect(ours).toEqual(theirs)
  expect(await clones.list()).toEqual([ours])
  // One that was put away is over.
  await clones.quarantine('one', 'over')
  await expect(startOrTakeOver(clones, attempt)).rejects.toMatchObject({ code: 'bad_option' })
})

test('F7h: what a killed process left in the vault is cleared away, once no git works on it any more', async () => {
  const { origin, vault } = await floor()
  origin.write({ 'a.txt': 'next\n' })
  const next = origin.commit('next')
  writeFileSync(path.join(vault.folder, 'refs/heads/main.lock'), '')
  mkdirSync(path.join(vault.folder, 'incoming-x/pack'), { recursive: true })
  await expect(vault.refresh()).rejects.toMatchObject({
    code: 'git_failed',
    message: expect.stringContaining('main.lock'),
  })
  // One that still works is waited for, and its locks are its own.
  const child = spawn('/usr/bin/git', [`--git-dir=${vault.folder}`, 'cat-file', '--batch'], {
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const over = new Promise((resolve) => child.once('exit', resolve))
  await new Promise((resolve) => child.once('spawn', resolve))
  await expect
    .poll(() => recoverVault(vault, { waitMs: 0 }).catch((error: unknown) => error))
    .toMatchObject({
      code: 'still_alive',
      evidence: [`process ${child.pid}`],
    })
  child.stdin.end()
  await over
  expect(await recoverVault(vault)).toEqual(['incoming-x', 'refs/heads/main.lock'])
  expect(await recoverVault(vault)).toEqual([])
  expect(await vault.refresh()).toMatchObject({ kind: 'advanced', head: next })
})

test('F2d: a full disk is told as such, and leaves no half of a clone', async ({ skip }) => {
  skip(process.platform !== 'linux' || process.getuid?.() !== 0, 'needs root on Linux to make a small disk')
  const { folder, origin, vault } = await floor()
  origin.write({ big: randomBytes(4_000_000) })
  origin.commit('large')
  await vault.refresh()
  const disk = path.join(folder, 'disk')
  mkdirSync(disk)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', disk])
  try {
    const clones = createClones({ folder: path.join(disk, 'floor'), vault, now: () => 0 })
    await expect(clones.start({ id: 'one', lane: 'bugs' })).rejects.toMatchObject({
      code: 'disk_full',
      next: expect.stringContaining('Make space'),
    })
    expect(await clones.list()).toEqual([])
  } finally {
    execFileSync('umount', [disk])
  }
})
