import { describe } from 'vitest'
import { appendContract } from './store-contract/append.ts'
import { blobContract } from './store-contract/blobs.ts'
import { compactionContract } from './store-contract/compaction.ts'
import { storeTests, type OpenStore } from './store-contract/fixture.ts'
import { inboxContract } from './store-contract/inbox.ts'
import { listContract } from './store-contract/lists.ts'
import { modelContract } from './store-contract/model-test.ts'
import { purgeContract } from './store-contract/purge.ts'
import { readContract } from './store-contract/read.ts'
import { redactionContract } from './store-contract/redaction.ts'
import { reopenContract } from './store-contract/reopen.ts'
import { searchContract } from './store-contract/search.ts'
import { tenantContract } from './store-contract/tenants.ts'

export type { OpenStore, StoreUnderTest } from './store-contract/fixture.ts'

/**
 * Defines the tests that every store must pass, in the calling Vitest file. Each test opens a store of its own.
 *
 * @param name - how the store is called in the test titles
 * @param open - makes an empty store
 * @example
 * storeContract('memory', async () => ({ store: createMemoryStore() }))
 */
export function storeContract(name: string, open: OpenStore): void {
  describe(`store contract: ${name}`, () => {
    const tests = storeTests(open)
    appendContract(tests)
    readContract(tests)
    listContract(tests)
    inboxContract(tests)
    searchContract(tests)
    compactionContract(tests)
    blobContract(tests)
    tenantContract(tests)
    redactionContract(tests)
    purgeContract(tests)
    reopenContract(tests)
    modelContract(open)
  })
}
