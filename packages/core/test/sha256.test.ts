import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chainStart, leafOf, linkAfter, sha256, type SessionEvent } from '../src/index.ts'
import { anyCharacter } from './any-character.ts'
import { open } from './support.ts'

const reference = (text: string): string => createHash('sha256').update(text).digest('hex')

test('C7c S5d: SHA-256 is that of Node, for every length around a block and for any text', () => {
  expect(sha256('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  expect(sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  for (let length = 0; length <= 200; length += 1) {
    const text = 'aé€😀'.repeat(60).slice(0, length)
    expect(sha256(text), String(length)).toBe(reference(text.toWellFormed()))
  }
  const long = 'x'.repeat(300_000)
  expect(sha256(long)).toBe(reference(long))
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter, maxLength: 300, size: 'max' }), (text) => {
      expect(sha256(text)).toBe(reference(text.toWellFormed()))
    }),
  )
})

test('S5d: each link of the chain holds all events before it; a blanked event keeps the leaf of what it was', () => {
  const session = open()
  session.post('one')
  session.post('two')
  const links = (events: readonly SessionEvent[]): readonly string[] => {
    let link = chainStart
    return events.map((event) => (link = linkAfter(link, leafOf(JSON.stringify(event), event, reference), reference)))
  }
  const before = links(session.log)
  expect(new Set([chainStart, ...before]).size).toBe(4)
  expect(chainStart).toMatch(/^0{64}$/)
  const first = session.log[1]!
  const changed = { ...first, data: { ...first.data, parts: [] } } as SessionEvent // a forgery
  expect(links([session.log[0]!, changed, session.log[2]!]).at(-1)).not.toBe(before.at(-1))
  const blanked = { ...changed, was: leafOf(JSON.stringify(first), first) } as SessionEvent // the same fact, without content
  expect(links([session.log[0]!, blanked, session.log[2]!])).toEqual(before)
})
