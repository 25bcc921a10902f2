import { expect, test } from 'vitest'
import { entryLink, readEntry, readPasted } from '../../src/access/entry.ts'
import { hrefOf, parseRoute } from '../../src/route/route.ts'

test('A2: a link carries the token, and perhaps a session, in its fragment', () => {
  expect(readEntry('#token=abc.def-_1')).toEqual({ token: 'abc.def-_1' })
  expect(readEntry('#token=abc&session=team%2Fa%3Ab')).toEqual({ token: 'abc', session: 'team/a:b' })
  const link = entryLink('http://127.0.0.1:4400/', { token: 'a+b/c=', session: 'team/a:b' })
  expect(readEntry(new URL(link).hash)).toEqual({ token: 'a+b/c=', session: 'team/a:b' })
  expect(new URL(link).search).toBe('')
})

test.each(['', '#', '#/', '#/s/token=abc', '#token=', '#session=x'])('%j is no way in', (hash) => {
  expect(readEntry(hash)).toBeUndefined()
})

test('a person may paste a link, its fragment or the token', () => {
  expect(readPasted(' http://127.0.0.1:4400/#token=abcdefgh&session=x \n')).toEqual({ token: 'abcdefgh', session: 'x' })
  expect(readPasted('token=abcdefgh')).toEqual({ token: 'abcdefgh' })
  expect(readPasted('eyJhbGciOi.eyJzdWIi.c2ln')).toEqual({ token: 'eyJhbGciOi.eyJzdWIi.c2ln' })
})

test.each(['', 'hello there', 'http://127.0.0.1:4400/', 'http://127.0.0.1:4400/#/s/x', 'short'])(
  '%j holds no token',
  (pasted) => {
    expect(readPasted(pasted)).toBeUndefined()
  },
)

test.each(['a', 'team/a/1', 'a:b', 'x.y_z-1', '100%'])('L1: the address of session %j leads back to it', (id) => {
  expect(parseRoute(hrefOf(id))).toEqual({
    page: 'session',
    id,
    dev: false,
    log: false,
    inspect: false,
    ledger: false,
    at: undefined,
  })
})

test('the developer strip is asked for before the fragment or in it', () => {
  expect(parseRoute('#/s/a?dev')).toMatchObject({ id: 'a', dev: true })
  expect(parseRoute(hrefOf('a', { log: true }))).toMatchObject({ id: 'a', log: true })
  expect(parseRoute('#/s/a', '?dev')).toMatchObject({ id: 'a', dev: true })
})

test.each(['', '#', '#/', '#/s/', '#/s/a/b', '#/s/%E0%A4%A', '#/elsewhere'])('%j leads home', (hash) => {
  expect(parseRoute(hash)).toEqual({ page: 'home' })
})
