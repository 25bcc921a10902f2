import 'fake-indexeddb/auto'
import { emptyView, type SessionView } from '@headrace/core'
import { entries, createStore } from 'idb-keyval'
import { expect, test } from 'vitest'
import { maxViews, openShelf } from '../../src/offline/shelf.ts'

const viewOf = (id: string, words = ''): SessionView => ({ ...emptyView(id), seq: 1, metadata: { words } })
const keptKeys = async (): Promise<readonly string[]> =>
  (await entries<string, unknown>(createStore('headrace', 'kept'))).map(([key]) => key.split('/').slice(1).join('/'))

test('A3: what is kept is of the token that was last used: no other reads it, and it is gone when another comes', async () => {
  const ada = openShelf('token-of-ada', () => 1_000)
  ada.keepView(viewOf('trips', 'To the sea.'))
  expect(await ada.view('trips')).toEqual({ value: viewOf('trips', 'To the sea.'), at: 1_000 })
  const stored = await entries<string, { readonly data: ArrayBuffer }>(createStore('headrace', 'kept'))
  expect(stored.map(([, { data }]) => Buffer.from(data).toString()).join()).not.toContain('sea')
  expect(stored.map(([key]) => key).join()).not.toContain('ada')
  const again = openShelf('token-of-ada', () => 2_000)
  expect((await again.view('trips'))?.value).toEqual(viewOf('trips', 'To the sea.'))
  const bob = openShelf('token-of-bob')
  expect(await bob.view('trips')).toBeUndefined()
  expect(await keptKeys()).toEqual([])
  bob.clear()
})

test('few sessions are kept, the ones that were seen last, not for long, and none that is too large', async () => {
  let now = 0
  const shelf = openShelf('token', () => now)
  for (now = 1; now <= maxViews + 3; now += 1) {
    shelf.keepView(viewOf(`s${now}`))
    await shelf.view(`s${now}`)
  }
  shelf.keepView(viewOf('large', 'x'.repeat(1_100_000)))
  expect(await shelf.view('large')).toBeUndefined()
  expect(await shelf.view('s1')).toBeUndefined()
  expect(await shelf.view(`s${maxViews + 3}`)).toBeDefined()
  expect(await keptKeys()).toHaveLength(maxViews)
  shelf.retain(['s10', 's11'])
  await shelf.view('s10')
  expect((await keptKeys()).toSorted()).toEqual(['view/s10', 'view/s11'])
  const later = openShelf('token', () => 8 * 24 * 3_600_000)
  expect(await later.view('s10')).toBeUndefined()
  later.clear()
})

test('what is dropped does not come back by what was under way, and nothing is kept for who has left', async () => {
  const shelf = openShelf('token')
  shelf.keepView(viewOf('trips'))
  shelf.dropView('trips')
  expect(await shelf.view('trips')).toBeUndefined()
  await shelf.outbox.save({ id: 'p-2', session: 'trips', body: { type: 'read', seq: 2 }, at: 5 })
  await shelf.outbox.save({ id: 'p-10', session: 'trips', body: { type: 'read', seq: 3 }, at: 5 })
  await shelf.outbox.save({ id: 'p-1', session: 'trips', body: { type: 'read', seq: 1 }, at: 5 })
  expect((await shelf.outbox.load()).map(({ id }) => id)).toEqual(['p-1', 'p-2', 'p-10'])
  await shelf.outbox.remove('p-2')
  expect(await shelf.outbox.load()).toHaveLength(2)
  shelf.clear()
  shelf.keepView(viewOf('trips'))
  await shelf.view('trips')
  expect(await keptKeys()).toEqual([])
})
