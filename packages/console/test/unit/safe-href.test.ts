import { expect, test } from 'vitest'
import { hostOf, safeHref } from '../../src/markdown/safe-href.ts'

test.each([
  ['https://example.com/a?b=c#d', 'https://example.com/a?b=c#d'],
  ['http://127.0.0.1:4400', 'http://127.0.0.1:4400/'],
  ['HTTPS://EXAMPLE.com', 'https://example.com/'],
  ['mailto:ada@example.com', 'mailto:ada@example.com'],
])('%s may be followed', (href, safe) => {
  expect(safeHref(href)).toBe(safe)
})

test.each([
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  ' javascript:alert(1)',
  'java\nscript:alert(1)',
  '\u0001javascript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:x',
  'file:///etc/passwd',
  'blob:https://example.com/x',
  'intent://x',
  '//example.com/x',
  '/v1/sessions',
  '#/s/other',
  'example.com',
  'https://bank.example@evil.example/',
  'https://',
  '',
])('%j may not be followed', (href) => {
  expect(safeHref(href)).toBeUndefined()
})

test('a destination in short', () => {
  expect(hostOf('https://www.example.com/deep/path')).toBe('example.com')
  expect(hostOf('mailto:ada@example.com')).toBe('ada@example.com')
})
