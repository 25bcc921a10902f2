import { expect } from 'vitest'
import { sessionKey, splitKey } from '@headrace/core'
import { everything, inboxAll, listAll, makeRow, workAll, type StoreTests } from './fixture.ts'

/** Tenants and ids that run into each other wherever a store glues them together without care. */
const tenants = ['a', 'A', 'a1', 'a-', 'a_', 'a/b', 'ab']
const ids = ['b/c', 'c', 's', 'S', 's1', 's:', 's:1', 's.', 's-', 's/', 's/e1', 's/e', 'e1', 'h', 'm1', 'a', 'b']

export function tenantContract({ test }: StoreTests): void {
  test('A1 sessions whose tenants and ids look alike share nothing', async (store) => {
    const keys = tenants.flatMap((tenant) => ids.map((id) => sessionKey(tenant, id)))
    await Promise.all(
      keys.map(async (key, index) => {
        const { session } = splitKey(key)
        await store.append(key, 0, {
          events: [JSON.stringify(key), JSON.stringify(`${key} again`)],
          row: makeRow(session, {
            updatedAt: 1_000 + index,
            due: index,
            work: ['writer'],
            metadata: { key },
            inbox: [{ kind: 'unread', for: '*', ref: key, at: index }],
          }),
          messages: [{ seq: 1, json: JSON.stringify(`message of ${key}`) }],
        })
        await store.putSnapshot(key, { seq: 2, state: JSON.stringify(`state of ${key}`) })
      }),
    )

    const purged = keys.filter((_, index) => index % 3 === 0)
    await Promise.all(purged.map((key) => store.purge(key)))
    for (const [index, key] of keys.entries()) {
      const isThere = !purged.includes(key)
      expect(await store.head(key)).toBe(isThere ? 2 : 0)
      expect(await store.read(key, 0, everything)).toEqual(
        isThere ? [JSON.stringify(key), JSON.stringify(`${key} again`)] : [],
      )
      expect((await store.row(key))?.metadata).toEqual(isThere ? { key } : undefined)
      expect(await store.readMessages(key, 10, 10)).toEqual(
        isThere ? [{ seq: 1, json: JSON.stringify(`message of ${key}`) }] : [],
      )
      expect((await store.getSnapshot(key))?.state).toBe(isThere ? JSON.stringify(`state of ${key}`) : undefined)
      expect((await store.due(index, 1_000)).some((entry) => entry.key === key)).toBe(isThere)
    }
    const left = keys.filter((key) => !purged.includes(key))
    expect(await workAll(store, 'writer', 10)).toEqual([...left].sort())
    for (const tenant of tenants) {
      const own = left.filter((key) => splitKey(key).tenant === tenant)
      const listed = await listAll(store, tenant, 5)
      own.reverse()
      expect(listed.map((row) => row.metadata['key'])).toEqual(own)
      const waiting = await inboxAll(store, { tenant, for: ['*'], limit: 5 })
      expect(waiting.map((row) => row.metadata['key'])).toEqual(own)
    }
  })
}
