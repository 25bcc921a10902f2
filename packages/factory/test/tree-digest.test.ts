import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { createTreeDigest } from '../src/clones/tree-digest.ts'
import { testFolder } from './support/git-repository.ts'

function clone(): { readonly folder: string; readonly write: (file: string, text: string) => void } {
  const folder = testFolder()
  const write = (file: string, text: string): void => {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true })
    writeFileSync(path.join(folder, file), text)
  }
  write('src/a.js', 'a')
  write('src/b.js', 'b')
  return { folder, write }
}

test('J6 the same difference has the same digest, whenever it was made, and another one another', async () => {
  const { folder, write } = clone()
  const digest = await createTreeDigest(folder, { now: () => 0 })
  const nothing = await digest.now()
  expect(await digest.now()).toBe(nothing)
  write('src/a.js', 'changed')
  const changed = await digest.now()
  expect(changed).not.toBe(nothing)
  // Written again with the same text it is the same.
  write('src/a.js', 'changed')
  utimesSync(path.join(folder, 'src/a.js'), 1, 1)
  expect(await digest.now()).toBe(changed)
  write('probe.js', 'x')
  const probed = await digest.now()
  expect(probed).not.toBe(changed)
  rmSync(path.join(folder, 'probe.js'))
  expect(await digest.now()).toBe(changed)
  rmSync(path.join(folder, 'src/b.js'))
  expect(await digest.now()).not.toBe(changed)
  // What git and package managers keep is no work of anybody.
  const before = await digest.now()
  write('.git/index', 'x')
  write('node_modules/p/index.js', 'x')
  expect(await digest.now()).toBe(before)
})

test('J6 links are not followed, pipes are not waited for, and nothing in the clone is run', async () => {
  const { folder, write } = clone()
  const outside = testFolder()
  writeFileSync(path.join(outside, 'secret'), 'one')
  const digest = await createTreeDigest(folder, { now: () => 0 })
  write('.git/config', '[core]\n\tfsmonitor = touch ran\n')
  symlinkSync(outside, path.join(folder, 'out'))
  execFileSync('mkfifo', [path.join(folder, 'pipe')])
  const linked = await digest.now()
  writeFileSync(path.join(outside, 'secret'), 'two')
  expect(await digest.now()).toBe(linked)
  expect(() => rmSync(path.join(folder, 'ran'))).toThrow('ENOENT')
})

test('J6 too many files are not looked at, and what takes long is looked at less often', async () => {
  const { folder, write } = clone()
  const few = await createTreeDigest(folder, { now: () => 0, maxFiles: 2 })
  expect(await few.now()).toBeDefined()
  write('src/c.js', 'c')
  expect(await few.now()).toBeUndefined()
  let now = 0
  // Each look at this clock takes 100 ms.
  const slow = await createTreeDigest(folder, { now: () => (now += 100) })
  expect(await slow.now()).toBeDefined()
  expect(await slow.now()).toBeUndefined()
  now += 2_000
  expect(await slow.now()).toBeDefined()
})
