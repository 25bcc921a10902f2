import { storeContract } from '@headrace/testing/store-contract'
import { createMemoryStore } from '@headrace/server/store/memory'

storeContract('memory', async () => ({ store: createMemoryStore() }))
