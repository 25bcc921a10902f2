import fc from 'fast-check'

const surrogates = 0xd800
const afterSurrogates = 0xe000

/**
 * Every character there is, as the unit of a string. The one that is called `binary` has the same, and makes a table of a
 * million of them before it gives the first, which stays in memory.
 */
export const anyCharacter: fc.Arbitrary<string> = fc
  .integer({ min: 0, max: 0x10ffff - (afterSurrogates - surrogates) })
  .map(
    (n) => String.fromCodePoint(n < surrogates ? n : n + afterSurrogates - surrogates),
    (value) => {
      const code = typeof value === 'string' ? value.codePointAt(0) : undefined
      if (code === undefined || value !== String.fromCodePoint(code) || (code >= surrogates && code < afterSurrogates))
        throw new Error('not one character')
      return code < surrogates ? code : code - (afterSurrogates - surrogates)
    },
  )
