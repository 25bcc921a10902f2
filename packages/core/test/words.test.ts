import { describe, expect, test } from 'vitest'
import { queryWords, searchWords, wordsOf } from '../src/index.ts'
import { open, ops, text, writer } from './support.ts'

describe('P6: words for search', () => {
  test.each([
    ['Hello, hello WORLD!', ['hello', 'world']],
    ['Größe über Straße', ['größe', 'über', 'straße']],
    ['ﬁne Ⅳ ｆｕｌｌ', ['fine', 'iv', 'full']],
    ['cafe\u0301 café', ['café']],
    ['Привет, мир', ['привет', 'мир']],
    ['שלום עולם', ['שלום', 'עולם']],
    ['안녕 세계', ['안녕', '세계']],
    ['東京都', ['東京', '京都']],
    ['猫', ['猫']],
    ['版本v2発売', ['v2', '版本', '発売']],
    ['สวัสดี', ['สว', 'วั', 'ัส', 'สด', 'ดี']],
    ['x_y a-b c.d', ['x', 'y', 'a', 'b', 'c', 'd']],
    ['😀 !!! …', []],
    ['', []],
  ])('of %j', (words, expected) => {
    expect(wordsOf(words)).toEqual(expected)
  })

  test('are bounded: in length, in a message, and in a query', () => {
    expect(wordsOf('a'.repeat(1_000))).toEqual(['a'.repeat(64)])
    const many = Array.from({ length: 5_000 }, (_, index) => `w${index}`).join(' ')
    expect(wordsOf(many)).toHaveLength(2_000)
    expect(queryWords(many)).toHaveLength(16)
  })

  test('a word that is stored is found by a query for it', () => {
    for (const word of ['Straße', '東京', 'Ｆull', 'İstanbul']) {
      const stored = new Set(wordsOf(`before ${word} after`))
      expect(
        queryWords(word).every((part) => stored.has(part)),
        word,
      ).toBe(true)
    }
  })

  test('L7: of a message are those of parts that everybody sees who sees it, and of nothing redacted', () => {
    const session = open()
    const run = session.start()
    session.write(
      run,
      ops.start({ kind: 'text', text: 'shown' }),
      { op: 'open', message: 'a', part: 'q', start: { kind: 'text', text: 'secret' }, to: 'operators' },
      ops.start({ kind: 'reasoning', text: 'thought' }, 'a', 'r'),
      ops.start({ kind: 'file', url: 'u:1', mediaType: 'm', name: 'Plan' }, 'a', 'f'),
      ops.start({ kind: 'source', url: 'u:2', title: 'Paper' }, 'a', 's'),
      ops.end(),
    )
    expect(searchWords(session.message(`${run}.a`))).toEqual(['shown', 'plan', 'paper'])
    session.accept({ type: 'redact', message: `${run}.a` }, { as: writer })
    expect(searchWords(session.message(`${run}.a`))).toEqual([])
    session.accept({ type: 'post', parts: text('Two words') })
    expect(searchWords(session.view.messages.at(-1)!)).toEqual(['two', 'words'])
  })
})
