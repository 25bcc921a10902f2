import path from 'node:path'
import { expect, test } from 'vitest'
import type { SessionKey } from '@headrace/core'
import { storeContract } from '@headrace/testing/store-contract'
import { openEmbeddedStore } from '@headrace/server/store/embedded'
import { prepareDirectory } from '../src/store/embedded/directory.ts'
import { openLevelEngine } from '../src/store/embedded/level-engine.ts'
import { openStoreOn } from '../src/store/embedded/open.ts'
import { makeTempDirectory } from './store-fixture.ts'

storeContract('embedded', async () => {
  const directory = await makeTempDirectory()
  // Small, so that tables, merges and evictions happen in tests too.
  const options = { directory: directory.path, writeBufferBytes: 65_536, reserveBytes: 0, cachedSessions: 4 }
  let store = await openEmbeddedStore(options)
  return {
    store,
    reopen: async () => {
      await store.close()
      store = await openEmbeddedStore(options)
      return store
    },
    dispose: directory.remove,
  }
})

test('sessions that were used last are remembered, and no more of them than cachedSessions', async () => {
  await using temp = await makeTempDirectory()
  const options = { directory: temp.path, reserveBytes: 0, cachedSessions: 4 }
  let looks = 0
  const store = await openStoreOn(options, await prepareDirectory(temp.path), async () => {
    const engine = await openLevelEngine({
      directory: path.join(temp.path, 'data'),
      createIfMissing: true,
      cacheBytes: 1_048_576,
      writeBufferBytes: 65_536,
    })
    return {
      ...engine,
      scan(...scan) {
        looks += 1
        return engine.scan(...scan)
      },
    }
  })
  const keys = Array.from({ length: 12 }, (_, n): SessionKey => `acme!s${n}`)
  for (const key of keys) await store.append(key, 0, { events: ['1'] })
  const looksFor = async (key: SessionKey): Promise<number> => {
    const before = looks
    expect(await store.head(key)).toBe(1)
    return looks - before
  }
  expect([await looksFor('acme!s11'), await looksFor('acme!s0')]).toEqual([0, 1])
  // One that is used goes on being remembered while others come and go.
  for (const key of keys.slice(1, 10)) expect([await looksFor('acme!s0'), await looksFor(key)]).toEqual([0, 1])
  await store.close()
})
