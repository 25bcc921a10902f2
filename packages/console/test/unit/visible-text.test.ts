import { expect, test } from 'vitest'
import { visibleText } from '../../src/model/visible-text.ts'

test('C7c: what is approved can’t hide behind characters that are not seen, nor out of sight', () => {
  expect(visibleText('rm a\u200b\u202eb\u0000')).toBe('rm a\\u{200b}\\u{202e}b\\u{0}')
  expect(visibleText(`ls${' '.repeat(500)}; rm -rf /`)).toBe('ls …500 spaces… ; rm -rf /')
  expect(visibleText(`ls${'\n'.repeat(80)}rm`)).toBe('ls\n…80 empty lines…\nrm')
  expect(visibleText('two\n  lines, wörds and 🌊')).toBe('two\n  lines, wörds and 🌊')
})
