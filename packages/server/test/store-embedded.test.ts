import { storeContract } from '@headrace/testing/store-contract'
import { openEmbeddedStore } from '@headrace/server/store/embedded'
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
