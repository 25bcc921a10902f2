import fc from 'fast-check'
import type { Token } from 'marked'
import { expect, test } from 'vitest'
import { createBlocks, maxMarkdownChars } from '../../src/markdown/blocks.ts'
import { decodeEntities } from '../../src/markdown/entities.ts'
import { finding, summary } from '../fixture/prose.ts'

const closed = { open: false, breaks: false }
const open = { open: true, breaks: false }
const types = (tokens: readonly Token[]): readonly string[] =>
  tokens.map((token) => token.type).filter((type) => type !== 'space')

test('a text that streamed in ends as if it had come at once', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(finding, summary, '# A\n\n- x\n\n  y\n- z\n\nText\n---\n[a]: https://example.com\n\n[a]'),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 60, size: 'max' }),
      (source, steps) => {
        const read = createBlocks()
        let at = 0
        for (const step of steps) read(source.slice(0, (at += step)), open)
        expect(read(source, closed)).toEqual(createBlocks()(source, closed))
      },
    ),
  )
})

test('what streams in shows the blocks that it will have', () => {
  const read = createBlocks()
  for (let at = 1; at <= finding.length; at += 7) {
    const now = types(read(finding.slice(0, at), open))
    const whole = types(createBlocks()(finding, closed))
    // All but the block that is being written stand as they will stand.
    expect(now.slice(0, -1)).toEqual(whole.slice(0, now.length - 1))
  }
})

test('settled blocks keep their identity', () => {
  const read = createBlocks()
  const [first] = read('One.\n\nTwo.\n\nThree.\n\nFour', open)
  const [again] = read('One.\n\nTwo.\n\nThree.\n\nFour and more', open)
  expect(again).toBe(first)
})

test.each([
  ['**bol', 'strong'],
  ['`cod', 'codespan'],
  ['*it', 'em'],
])('%s shows as if it were closed', (text, type) => {
  const [paragraph] = createBlocks()(`See ${text}`, open)
  const inner = paragraph && 'tokens' in paragraph ? paragraph.tokens : undefined
  expect(inner?.at(-1)?.type).toBe(type)
})

test('the head of a table waits until it is one, and half a fence is no code', () => {
  const read = createBlocks()
  expect(types(read('Text.\n\n| a | b |\n| -', open))).toEqual(['paragraph'])
  expect(types(read('Text.\n\n| a | b |\n| - | - |\n', open))).toEqual(['paragraph', 'table'])
  expect(types(createBlocks()('| a bar', closed))).toEqual(['paragraph'])
  const [code] = createBlocks()('```ts\nx\n``', open)
  expect(code).toMatchObject({ type: 'code', text: 'x' })
})

test('half a link shows its words and leads nowhere', () => {
  const json = JSON.stringify(createBlocks()('See [the log](https://exam', open))
  expect(json).toContain('the log')
  expect(json).not.toContain('"type":"link"')
})

test('a text that changes in its past is read anew', () => {
  const read = createBlocks()
  read('One.\n\nTwo.\n\nThree.\n\nFour', open)
  expect(types(read('# Other', open))).toEqual(['heading'])
})

test('megabytes are shown as they are', () => {
  const [block] = createBlocks()('*'.repeat(maxMarkdownChars + 1), closed)
  expect(block?.type).toBe('plain')
})

test('character references become characters, once', () => {
  expect(decodeEntities('a &lt;b&gt; &amp;amp; &#8594; &#x2192; &unknown; &#0; 5 & 6')).toBe(
    'a <b> &amp; → → &unknown; &#0; 5 & 6',
  )
})
