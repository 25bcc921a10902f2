import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import process from 'node:process'
import { expect, test } from 'vitest'
import { openEmbeddedStore, salvageStore } from '@headrace/server/store/embedded'
import { makeTempDirectory, nextLine, storeChild } from './store-fixture.ts'

const key = 'acme!chat-1'
const everything = { maxEvents: 1_000, maxChars: 1_000_000 }

test('a missing directory is made, for its owner alone', async () => {
  await using temp = await makeTempDirectory()
  const directory = path.join(temp.path, 'not', 'there', 'yet')
  const store = await openEmbeddedStore({ directory })
  await store.close()
  expect((await stat(directory)).mode & 0o777).toBe(0o700)
  expect(JSON.parse(await readFile(path.join(directory, 'headrace.json'), 'utf8'))).toEqual({ format: 2 })
})

test('a second opener in the same process gets store_locked', async () => {
  await using temp = await makeTempDirectory()
  const store = await openEmbeddedStore({ directory: temp.path })
  await expect(openEmbeddedStore({ directory: temp.path })).rejects.toMatchObject({
    code: 'store_locked',
    detail: { directory: temp.path, pid: process.pid },
  })
  await store.append(key, 0, { events: ['1'] })
  await store.close()
  const again = await openEmbeddedStore({ directory: temp.path })
  expect(await again.head(key)).toBe(1)
  await again.close()
})

test('a second process gets store_locked with directory and pid of the holder, and the lock goes with the holder', async () => {
  await using temp = await makeTempDirectory()
  const [command, ...args] = storeChild({ directory: temp.path, seed: 1 })
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  try {
    await nextLine(child.stdout, (line) => line.startsWith('ack'))
    const refusal = await openEmbeddedStore({ directory: temp.path }).catch((thrown: unknown) => thrown)
    expect(refusal).toMatchObject({ code: 'store_locked', detail: { directory: temp.path, pid: child.pid } })
    expect(String(refusal)).toContain(`Process ${child.pid} holds the data directory ${temp.path}`)
  } finally {
    child.kill('SIGKILL')
    await exited
  }
  const store = await openEmbeddedStore({ directory: temp.path })
  await store.close()
})

test('a directory of another format gets store_version with what was found and what to do', async () => {
  await using temp = await makeTempDirectory()
  await (await openEmbeddedStore({ directory: temp.path })).close()
  for (const [found, advice] of [
    [3, 'Run the newer Headrace'],
    [0, 'export its sessions'],
  ] as const) {
    await writeFile(path.join(temp.path, 'headrace.json'), JSON.stringify({ format: found, other: true }))
    const refusal = await openEmbeddedStore({ directory: temp.path }).catch((thrown: unknown) => thrown)
    expect(refusal).toMatchObject({ code: 'store_version', detail: { directory: temp.path, found, expected: 2 } })
    expect(String(refusal)).toContain(advice)
  }
})

test('a damaged headrace.json gets store_corrupt', async () => {
  await using temp = await makeTempDirectory()
  await (await openEmbeddedStore({ directory: temp.path })).close()
  for (const text of ['', '{', '[]', 'null', '{"format":"1"}', '{"format":1.5}']) {
    await writeFile(path.join(temp.path, 'headrace.json'), text)
    await expect(openEmbeddedStore({ directory: temp.path })).rejects.toMatchObject({ code: 'store_corrupt' })
  }
})

test('a path that is no directory, or holds other things, is refused and left alone', async () => {
  await using temp = await makeTempDirectory()
  const file = path.join(temp.path, 'notes.txt')
  await writeFile(file, 'mine')
  for (const directory of [file, path.join(file, 'below'), temp.path]) {
    const refusal = await openEmbeddedStore({ directory }).catch((thrown: unknown) => thrown)
    expect(refusal).toMatchObject({ code: 'bad_request' })
    expect(String(refusal)).toContain(directory)
  }
  expect(await readdir(temp.path)).toEqual(['notes.txt'])
})

test.skipIf(process.platform !== 'linux')(
  'a folder in which none can be made is refused, and nothing hangs',
  async () => {
    const directory = '/proc/none/such'
    const refused = {
      code: 'bad_request',
      message: expect.stringContaining(`${directory} can't be the data directory`),
    }
    await expect(openEmbeddedStore({ directory })).rejects.toMatchObject(refused)
    await using temp = await makeTempDirectory()
    await openEmbeddedStore({ directory: temp.path }).then((store) => store.close())
    await expect(salvageStore({ from: temp.path, to: directory })).rejects.toMatchObject(refused)
  },
)

test('a directory that this user may not write is refused', async (context) => {
  if (process.getuid?.() === 0) return context.skip('root may write everywhere')
  await using temp = await makeTempDirectory()
  const directory = path.join(temp.path, 'theirs')
  await mkdir(directory)
  await chmod(directory, 0o500)
  await expect(openEmbeddedStore({ directory })).rejects.toMatchObject({ code: 'bad_request' })
})

test('a database that lost its CURRENT file is damaged, and not begun anew', async () => {
  await using temp = await makeTempDirectory()
  const store = await openEmbeddedStore({ directory: temp.path })
  await store.append(key, 0, { events: ['1'] })
  await store.close()
  const current = path.join(temp.path, 'data', 'CURRENT')
  const content = await readFile(current)
  await rm(current)
  await expect(openEmbeddedStore({ directory: temp.path })).rejects.toMatchObject({ code: 'store_corrupt' })
  await writeFile(current, content)
  const again = await openEmbeddedStore({ directory: temp.path })
  expect(await again.read(key, 0, everything)).toEqual(['1'])
  await again.close()
})

test('a directory of format 1 is opened, and from then on refused by a Headrace that knows only that', async () => {
  await using temp = await makeTempDirectory()
  const first = await openEmbeddedStore({ directory: temp.path })
  await first.append(key, 0, { events: ['1', '2'] })
  await first.close()
  const file = path.join(temp.path, 'headrace.json')
  await writeFile(file, JSON.stringify({ format: 1 }))
  // Not while somebody else may be using it.
  const store = await openEmbeddedStore({ directory: temp.path })
  await writeFile(file, JSON.stringify({ format: 1 }))
  await expect(openEmbeddedStore({ directory: temp.path })).rejects.toMatchObject({ code: 'store_locked' })
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ format: 1 })
  expect(await store.read(key, 0, everything)).toEqual(['1', '2'])
  await store.close()
  await (await openEmbeddedStore({ directory: temp.path })).close()
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ format: 2 })
})
