import { expect } from 'vitest'
import { sessionKey, type SearchWords, type Store } from '@headrace/core'
import { makeEvents, makeRow, searchAll, type StoreTests } from './fixture.ts'

const tenant = 'acme'

export function searchContract({ test, testReopen }: StoreTests): void {
  test('P6c a message is found by all of its words together, the last one by its beginning', async (store) => {
    await put(store, 'a', [{ seq: 1, at: 10, words: ['the', 'quick', 'brown', 'fox', 'is', 'a', 'foxhound', 'x'] }])
    const found = async (...words: string[]): Promise<boolean> =>
      (await searchAll(store, { tenant, words, limit: 1 })).length > 0
    const yes = [
      ['fox'],
      ['fo'],
      ['f'],
      ['foxh'],
      ['foxhou'],
      ['foxhound'],
      ['a'],
      ['x'],
      ['is'],
      ['i'],
      ['quick'],
      ['quic'],
      ['quick', 'brown'],
      ['brown', 'quick'],
      ['a', 'is', 'x'],
      ['is', 'f'],
      ['the', 'quick', 'brown', 'fox'],
      ['fox', 'fox'],
      ['foxhound', 'fox'],
      [''],
    ]
    const no = [
      ['foxes'],
      ['quicker'],
      ['uick'],
      ['ox'],
      ['qu', 'fox'],
      ['quic', 'brown'],
      ['quick', 'green'],
      ['green', 'quick'],
      ['Fox'],
      ['foxhoundx'],
      ['foxhum'],
      ['foo'],
      ['i', 'fox'],
      ['quick fox'],
      ['y'],
    ]
    for (const words of yes) expect([words, await found(...words)]).toEqual([words, true])
    for (const words of no) expect([words, await found(...words)]).toEqual([words, false])
  })

  test('P6c words of every script are found', async (store) => {
    const words = [
      'größe',
      'привет',
      '東京',
      '京都',
      'สวัสดี',
      '안녕하세요',
      'naïve',
      '👩‍👩‍👧',
      'a!b',
      'e1',
      '!',
      'x'.repeat(64),
    ]
    await put(store, 'a', [{ seq: 1, at: 10, words }])
    await put(store, 'b', [{ seq: 1, at: 9, words: ['other', '東', 'a'] }])
    for (const word of words) {
      expect(await searchAll(store, { tenant, words: [word], limit: 5 })).toEqual(['a 1'])
      expect(await searchAll(store, { tenant, words: [word, ''], limit: 5 })).toEqual(['a 1'])
    }
    expect(await searchAll(store, { tenant, words: ['東'], limit: 5 })).toEqual(['a 1', 'b 1'])
    expect(await searchAll(store, { tenant, words: ['東', '東'], limit: 5 })).toEqual(['b 1'])
  })

  test('P6c the newest message comes first, and pages go on where the last one ended', async (store) => {
    const expected: { readonly at: number; readonly session: string; readonly seq: number }[] = []
    for (const session of ['b', 'a1', 'a', 'a/x']) {
      const entries = Array.from({ length: 8 }, (_, index) => ({
        seq: index * 9 + 1,
        at: (index * 7) % 5,
        words: ['plan'],
      }))
      await put(store, session, entries)
      expected.push(...entries.map(({ seq, at }) => ({ at, session, seq })))
    }
    expected.sort((a, b) => b.at - a.at || (a.session < b.session ? -1 : a.session > b.session ? 1 : b.seq - a.seq))
    for (const words of [['plan'], ['pl'], ['plan', 'plan']]) {
      for (const limit of [1, 3, 31, 32, 33]) {
        const found = await searchAll(store, { tenant, words, limit })
        expect(found).toEqual(expected.map(({ session, seq }) => `${session} ${seq}`))
      }
    }
    expect(await store.search({ tenant: 'nobody', words: ['plan'], limit: 10 })).toEqual({ hits: [] })
  })

  test('P6c what is rare among much is found by going on', async (store) => {
    const count = 2_300
    await put(
      store,
      'a',
      Array.from({ length: count }, (_, index) => ({
        seq: index + 1,
        at: index,
        words: ['common', index === 3 || index === 1_500 ? 'commodore' : 'commode'],
      })),
    )
    for (const words of [['commodore'], ['common', 'commodo'], ['commodore', 'common']]) {
      expect(await searchAll(store, { tenant, words, limit: 10 })).toEqual(['a 1501', 'a 4'])
    }
    expect(await searchAll(store, { tenant, words: ['commodity'], limit: 10 })).toEqual([])
    expect(await searchAll(store, { tenant, words: ['common', 'c'], limit: 999 })).toHaveLength(count)
  })

  test('P6c words are replaced whole, and none means that a message is not found', async (store) => {
    const found = (word: string): Promise<string[]> => searchAll(store, { tenant, words: [word], limit: 5 })
    await put(store, 'a', [
      { seq: 1, at: 5, words: ['first', 'same'] },
      { seq: 2, at: 5, words: ['first'] },
    ])
    await put(store, 'a', [{ seq: 1, at: 5, words: ['second', 'same'] }])
    expect([await found('first'), await found('second'), await found('same')]).toEqual([['a 2'], ['a 1'], ['a 1']])
    // Another time is another place in the order.
    await put(store, 'a', [{ seq: 1, at: 9, words: ['same'] }])
    expect([await found('second'), await found('same'), await found('')]).toEqual([[], ['a 1'], ['a 1', 'a 2']])
    await put(store, 'a', [{ seq: 1, at: 9, words: [] }])
    expect([await found('same'), await found('')]).toEqual([[], ['a 2']])
    // Several that queue behind each other.
    let head = await store.head('acme!a')
    await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        store.append('acme!a', head++, { events: ['1'], words: [{ seq: 3, at: 7, words: [`word${index}`] }] }),
      ),
    )
    expect(await found('word')).toEqual(['a 3'])
    expect([await found('word8'), await found('word9')]).toEqual([[], ['a 3']])
  })

  test('P6c an append that conflicts makes nothing found', async (store) => {
    await put(store, 'a', [{ seq: 1, at: 5, words: ['right'] }])
    await store
      .append('acme!a', 7, { events: ['1'], words: [{ seq: 1, at: 5, words: ['wrong'] }] })
      .catch(() => undefined)
    expect(await searchAll(store, { tenant, words: ['wrong'], limit: 5 })).toEqual([])
    expect(await searchAll(store, { tenant, words: ['right'], limit: 5 })).toEqual(['a 1'])
  })

  test('P6c A1 nothing of another tenant is found, and nothing that was purged', async (store) => {
    for (const [of, id] of [
      ['acme', 'a'],
      ['acme', 'b'],
      ['acme2', 'a'],
      ['ac', 'me'],
    ] as const) {
      const key = sessionKey(of, id)
      await store.append(key, 0, { events: ['1'], row: makeRow(id), words: [{ seq: 1, at: 5, words: ['plan', of] }] })
    }
    expect(await searchAll(store, { tenant, words: ['plan'], limit: 1 })).toEqual(['a 1', 'b 1'])
    expect(await searchAll(store, { tenant: 'ac', words: ['plan'], limit: 1 })).toEqual(['me 1'])
    expect(await searchAll(store, { tenant: 'ac', words: ['acme'], limit: 1 })).toEqual([])
    await store.purge('acme!a')
    expect(await searchAll(store, { tenant, words: ['plan'], limit: 1 })).toEqual(['b 1'])
    expect(await searchAll(store, { tenant: 'acme2', words: ['plan'], limit: 1 })).toEqual(['a 1'])
    // The id again: only what is said now.
    await put(store, 'a', [{ seq: 2, at: 5, words: ['plan'] }])
    expect(await searchAll(store, { tenant, words: ['plan'], limit: 1 })).toEqual(['a 2', 'b 1'])
  })

  test('P6c a purge of much that is found leaves none of it', async (store) => {
    const entries = (label: string): SearchWords[] =>
      Array.from({ length: 1_500 }, (_, index) => ({
        seq: index + 1,
        at: index,
        words: [label, ...Array.from({ length: 12 }, (__, word) => `word${word}of${index % 50}`)],
      }))
    await put(store, 'a', entries('gone'))
    await put(store, 'b', entries('left').slice(0, 3))
    let isPurging = true
    const purging = store.purge('acme!a').finally(() => (isPurging = false))
    // All of it, until all of it is gone.
    for (let isGone = false; isPurging;) {
      const { hits } = await store.search({ tenant, words: ['gone'], limit: 10 })
      expect(isGone ? [0] : [0, 10]).toContain(hits.length)
      isGone = hits.length === 0
    }
    await purging
    expect(await searchAll(store, { tenant, words: ['gone'], limit: 100 })).toEqual([])
    expect(await searchAll(store, { tenant, words: ['word'], limit: 100 })).toEqual(['b 3', 'b 2', 'b 1'])
  })

  test('P6c a cursor that no search gave is refused', async (store) => {
    await put(store, 'a', [{ seq: 1, at: 5, words: ['plan'] }])
    for (const cursor of ['', '5', '5!a', '5!a!', 'x!a!1', '5!a b!1', '5!a!1!1']) {
      await expect(store.search({ tenant, words: ['plan'], limit: 1, cursor })).rejects.toMatchObject({
        code: 'bad_request',
      })
    }
  })

  testReopen('P6c after a reopen the same is found, and what is replaced is not', async (store, reopen) => {
    await put(store, 'a', [{ seq: 1, at: 5, words: ['plan', 'old'] }])
    await store.begin('acme!fork', { seq: 9, state: '{}' }, { events: [], words: [{ seq: 4, at: 6, words: ['plan'] }] })
    const again = await reopen()
    expect(await searchAll(again, { tenant, words: ['plan'], limit: 1 })).toEqual(['fork 4', 'a 1'])
    await put(again, 'a', [{ seq: 1, at: 5, words: ['new'] }])
    expect(await searchAll(again, { tenant, words: ['old'], limit: 1 })).toEqual([])
    expect(await searchAll(again, { tenant, words: ['new'], limit: 1 })).toEqual(['a 1'])
  })
}

async function put(store: Store, id: string, words: readonly SearchWords[]): Promise<void> {
  const key = sessionKey(tenant, id)
  await store.append(key, await store.head(key), { events: makeEvents('put', 1), words })
}
