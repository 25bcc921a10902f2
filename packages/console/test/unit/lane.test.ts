import type { Json } from '@headrace/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { filesOfEdits, filesOfPatch, rowsOf } from '../../src/diff/patches.ts'
import { tokensFor } from '../../src/diff/code-tokens.ts'
import { factOf } from '../../src/model/factory-fact.ts'
import { editsOf } from '../../src/model/lane-changes.ts'
import { terminalSpans } from '../../src/model/terminal-lines.ts'

const words = (printed: string): string =>
  terminalSpans(printed)
    .map(({ text }) => text)
    .join('')

test('what a program printed keeps its colours and loses its power', () => {
  expect(terminalSpans('a \u001B[31;1mred\u001B[0m \u001B[38;5;200mpink')).toEqual([
    { text: 'a ' },
    { text: 'red', color: 'red', bold: true },
    { text: ' ' },
    { text: 'pink' },
  ])
  // A title, a link, a move of the cursor and a cleared line are orders to a terminal.
  expect(words('\u001B]0;title\u0007a\u001B]8;;https://evil.example\u001B\\b\u001B[2Kc\u001B[1Ad')).toBe('abcd')
  expect(words('10 %\r50 %\r100 %\r\ndone\r\n')).toBe('100 %\ndone\n')
  // What is left of an order is text, and can't hide.
  expect(words('a\u0007b\u202Ec')).toBe('a\\u{7}b\\u{202e}c')
})

test('whatever is printed, no character of it is an order', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('\u001B', '[', ']', '3', '1', 'm', ';', '\r', '\n', 'a', '\u0007') }),
      (printed) => {
        expect(words(printed)).not.toMatch(/[^\P{C}\n]/u)
      },
    ),
  )
})

test('notes of the crew are told in words; what this page does not know, or not so, is not', () => {
  expect(factOf('factory.clone', '/tmp/x')?.words).toBe('Began in its clone `/tmp/x`')
  expect(factOf('factory.verdict', { verdict: 'red', why: '1 of 4 failed.', evidence: 'not ok 1' })).toEqual({
    words: 'The gate: red. 1 of 4 failed.',
    tone: 'bad',
    printed: 'not ok 1',
  })
  expect(
    factOf('factory.plan', [
      { content: 'a', status: 'completed' },
      { content: 'b', status: 'pending' },
    ]),
  ).toEqual({
    words: 'Its plan: 1 of 2 steps done',
    list: ['Done: a', 'b'],
  })
  expect(factOf('factory.brand-new', {})).toBeUndefined()
  expect(factOf('latency', { before: 1 })).toBeUndefined()
  const names = [
    'attempt',
    'clone',
    'cell',
    'round',
    'work',
    'change',
    'verdict',
    'outcome',
    'models',
    'plan',
    'waffling',
    'found',
    'detector-failed',
  ]
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.jsonValue(), (name, value) => {
      factOf(`factory.${name}`, value as Json) // never throws
    }),
  )
})

test('a patch of git becomes files with lines and their numbers', () => {
  const patch = [
    'diff --git a/src/a.js b/src/a.js',
    'index 1..2 100644',
    '--- a/src/a.js',
    '+++ b/src/a.js',
    '@@ -10,3 +10,3 @@ function a() {',
    ' one',
    '-two',
    '+zwei',
    ' three',
    '\\ No newline at end of file',
    'diff --git a/logo.png b/logo.png',
    'new file mode 100644',
    'index 0..3',
    'Binary files /dev/null and b/logo.png differ',
    '',
  ].join('\n')
  const files = filesOfPatch(patch) ?? []
  expect(files.map(({ path, kind, added, removed, isBinary }) => [path, kind, added, removed, isBinary])).toEqual([
    ['src/a.js', 'changed', 1, 1, false],
    ['logo.png', 'added', 0, 0, true],
  ])
  expect(files[0]?.hunks.flatMap(rowsOf)).toEqual([
    { sign: ' ', words: 'one', line: 10 },
    { sign: '-', words: 'two', line: 11 },
    { sign: '+', words: 'zwei', line: 11 },
    { sign: ' ', words: 'three', line: 12 },
  ])
})

test('edits that tools report are read, and nothing else is', () => {
  const edit = { path: 'a.ts', change: { old: '', new: 'const a = 1\n' } }
  expect(editsOf(['Done.', edit])).toEqual([{ path: 'a.ts', before: '', after: 'const a = 1\n' }])
  expect(editsOf({ path: 'a.ts', change: { cut: '…' } })).toEqual([])
  expect(filesOfEdits(editsOf(edit))).toMatchObject([{ path: 'a.ts', kind: 'added', added: 1, removed: 0 }])
})

test('lines are coloured by the name of their file, and stay what they are', () => {
  const line = 'export const a = "b" // c'
  for (const path of ['a.ts', 'a.mjs', 'a.py', 'Makefile', 'a.unheard-of']) {
    expect(
      tokensFor(path)(line)
        .map(({ text }) => text)
        .join(''),
    ).toBe(line)
  }
  expect(tokensFor('a.ts')(line)[0]).toEqual({ kind: 'keyword', text: 'export' })
  expect(tokensFor('a.txt')(line)).toEqual([{ kind: 'identifier', text: line }])
})
