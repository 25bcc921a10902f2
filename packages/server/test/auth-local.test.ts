import { chmod, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { createLocalAuth } from '../src/auth/local-auth.ts'
import type { TokenClaims } from '../src/auth/auth.ts'

const claims: TokenClaims = { sub: 'me', kind: 'operator', cap: [{ s: '**', op: ['admin'] }] }

async function folder() {
  const directory = await mkdtemp(path.join(tmpdir(), 'headrace-auth-'))
  return {
    directory,
    file: path.join(directory, 'secret'),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  }
}

describe('the local secret', () => {
  test('A2: it is made once, for its owner only, and tokens survive a restart', async () => {
    await using place = await folder()
    const auth = await createLocalAuth(place.directory)
    const token = await auth.mint(claims, 60)
    expect(await readdir(place.directory)).toEqual(['secret'])
    const { mode, size } = await stat(place.file)
    expect({ mode: mode & 0o777, size }).toEqual({ mode: 0o600, size: 32 })
    const again = await createLocalAuth(place.directory)
    expect(await again.verify(token)).toMatchObject({ actor: 'operator:me' })
    expect(again.source).toBe('local')
  })

  test('A2: the folder is made too, and every folder has a secret of its own', async () => {
    await using place = await folder()
    const one = await createLocalAuth(path.join(place.directory, 'a', 'b'))
    const two = await createLocalAuth(path.join(place.directory, 'c'))
    await expect(two.verify(await one.mint(claims, 60))).rejects.toMatchObject({ code: 'unauthenticated' })
  })

  test('A2: servers that start at the same time get the same secret', async () => {
    await using place = await folder()
    const all = await Promise.all(Array.from({ length: 16 }, () => createLocalAuth(place.directory)))
    const token = await all[0]!.mint(claims, 60)
    for (const auth of all) await auth.verify(token)
    expect(await readdir(place.directory)).toEqual(['secret'])
  })

  test('A2: a secret that others may read is refused with the fix', async () => {
    await using place = await folder()
    await createLocalAuth(place.directory)
    await chmod(place.file, 0o644)
    await expect(createLocalAuth(place.directory)).rejects.toThrow(/chmod 600/)
    await chmod(place.file, 0o600)
    await createLocalAuth(place.directory)
  })

  test.each(['', 'short', 'x'.repeat(33)])('A2: a file with "%s" in it is refused and left alone', async (content) => {
    await using place = await folder()
    await writeFile(place.file, content, { mode: 0o600 })
    await expect(createLocalAuth(place.directory)).rejects.toMatchObject({ code: 'store_corrupt' })
    expect(await readFile(place.file, 'utf8')).toBe(content)
  })

  test('a folder that is a file is refused by name', async () => {
    await using place = await folder()
    await writeFile(place.file, 'x')
    await expect(createLocalAuth(place.file)).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining(place.file),
    })
  })
})
