import { expect } from 'vitest'
import { sessionKey } from '@headrace/core'
import { everything, makeEvents, makeRow, type StoreTests } from './fixture.ts'

const key = 'acme!chat-1'
const mebibyte = 1_048_576

export function blobContract({ test, testReopen }: StoreTests): void {
  test('L6a a blob of any size comes back byte by byte', async (store) => {
    await store.append(key, 0, { events: makeEvents('event', 1) })
    const sizes = [0, 1, 255, 65_536, 262_143, 262_144, 262_145, 524_288, 3 * mebibyte + 7]
    for (const size of sizes) await store.putBlob(key, `b${size}`, noise(size))
    for (const size of sizes) expect(same(await store.getBlob(key, `b${size}`), noise(size))).toBe(true)
    expect(await store.blobs(key)).toEqual(
      sizes.map((size) => ({ id: `b${size}`, bytes: size })).sort((a, b) => (a.id < b.id ? -1 : 1)),
    )
    expect(await store.getBlob(key, 'b2')).toBeUndefined()
    expect(await store.head(key)).toBe(1)
  })

  test('L6a an id stands for one content, also when it is put several times at once', async (store) => {
    await store.append(key, 0, { events: makeEvents('event', 1) })
    await Promise.all(Array.from({ length: 5 }, () => store.putBlob(key, 'b', noise(mebibyte))))
    await store.putBlob(key, 'b', noise(3))
    expect(same(await store.getBlob(key, 'b'), noise(mebibyte))).toBe(true)
    expect(await store.blobs(key)).toEqual([{ id: 'b', bytes: mebibyte }])
  })

  test('L6a what the caller does with its bytes afterwards changes nothing', async (store) => {
    await store.append(key, 0, { events: makeEvents('event', 1) })
    const bytes = noise(1_000)
    await store.putBlob(key, 'b', bytes)
    bytes.fill(0)
    const first = await store.getBlob(key, 'b')
    expect(same(first, noise(1_000))).toBe(true)
    first?.fill(0)
    expect(same(await store.getBlob(key, 'b'), noise(1_000))).toBe(true)
  })

  test('L6a A1 blobs whose sessions and ids look alike are apart', async (store) => {
    const names = ['b', 'b1', 'B', 'b.', 'b:', 'b-', '1', 'a1', 'x'.repeat(128)]
    const keys = [sessionKey('a', 's'), sessionKey('a', 's1'), sessionKey('a1', 's'), sessionKey('a', 's/b')]
    for (const session of keys) {
      await store.append(session, 0, { events: makeEvents('event', 1) })
      for (const name of names) await store.putBlob(session, name, new TextEncoder().encode(`${name} of ${session}`))
    }
    for (const session of keys) {
      expect((await store.blobs(session)).map(({ id }) => id)).toEqual([...names].sort())
      for (const name of names) {
        expect(new TextDecoder().decode(await store.getBlob(session, name))).toBe(`${name} of ${session}`)
      }
    }
  })

  test('L6a a session that is not there has no blobs and takes none', async (store) => {
    await expect(store.putBlob(key, 'b', noise(10))).rejects.toMatchObject({ code: 'session_not_found' })
    expect([await store.getBlob(key, 'b'), await store.blobs(key)]).toEqual([undefined, []])
  })

  test('L6a a purge takes the blobs along, also one that is being written', async (store) => {
    const fill = (): Promise<void> => store.append(key, 0, { events: makeEvents('event', 1), row: makeRow('chat-1') })
    await fill()
    await store.putBlob(key, 'old', noise(mebibyte))
    const putting = store.putBlob(key, 'new', noise(4 * mebibyte)).catch((thrown: unknown) => {
      expect(thrown).toMatchObject({ code: 'session_not_found' })
    })
    await store.head(key)
    await Promise.all([putting, store.purge(key)])
    expect([await store.getBlob(key, 'old'), await store.getBlob(key, 'new')]).toEqual([undefined, undefined])
    await fill()
    expect(await store.blobs(key)).toEqual([])
    await store.putBlob(key, 'new', noise(mebibyte))
    expect(same(await store.getBlob(key, 'new'), noise(mebibyte))).toBe(true)
  })

  test('L6a a redaction removes blobs', async (store) => {
    await store.append(key, 0, { events: makeEvents('event', 1) })
    for (const id of ['a', 'b', 'c']) await store.putBlob(key, id, noise(mebibyte))
    const redaction = { events: [], messages: [], snapshot: { seq: 1, state: '{}' }, blobs: ['a', 'nothing', 'c'] }
    await store.redact(key, redaction)
    expect(await store.blobs(key)).toEqual([{ id: 'b', bytes: mebibyte }])
    expect(await store.getBlob(key, 'a')).toBeUndefined()
    await store.putBlob(key, 'a', noise(5))
    expect(same(await store.getBlob(key, 'a'), noise(5))).toBe(true)
  })

  testReopen(
    'L6a blobs are there after a reopen, and one that closing cut short is whole or not there',
    async (store, reopen) => {
      await store.append(key, 0, { events: makeEvents('event', 1) })
      await store.putBlob(key, 'whole', noise(mebibyte))
      const cut = store.putBlob(key, 'cut', noise(8 * mebibyte)).then(
        () => true,
        (thrown: unknown) => {
          expect(thrown).toMatchObject({ code: 'closed' })
          return false
        },
      )
      await store.head(key)
      const again = await reopen()
      expect(same(await again.getBlob(key, 'whole'), noise(mebibyte))).toBe(true)
      const isThere = await cut
      expect((await again.blobs(key)).map(({ id }) => id)).toEqual(isThere ? ['cut', 'whole'] : ['whole'])
      await again.putBlob(key, 'cut', noise(2 * mebibyte))
      expect((await again.getBlob(key, 'cut'))?.length).toBe((isThere ? 8 : 2) * mebibyte)
      expect(await again.read(key, 0, everything)).toEqual(makeEvents('event', 1))
    },
  )
}

/** Bytes that compression leaves alone, the same for the same size. */
function noise(size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  let state = size + 1
  for (let index = 0; index < size; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    bytes[index] = state >>> 24
  }
  return bytes
}

/** `toEqual` looks at bytes one by one, which takes long. */
function same(found: Uint8Array | undefined, expected: Uint8Array): boolean {
  return found?.length === expected.length && found.every((byte, index) => byte === expected[index])
}
