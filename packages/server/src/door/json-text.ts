import { HeadraceError } from '@headrace/core'

/** Content has 32 levels at most, and what is around it a few. */
const maxLevels = 64

/**
 * Refuses JSON whose arrays and objects stand in each other so deep that whoever walks it would run out of stack.
 *
 * @throws HeadraceError `bad_request`
 */
export function checkLevels(text: string): void {
  let level = 0
  let isString = false
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at]
    if (isString) {
      if (char === '\\') at += 1
      else if (char === '"') isString = false
    } else if (char === '"') isString = true
    else if (char === ']' || char === '}') level -= 1
    else if (char === '[' || char === '{') {
      level += 1
      if (level > maxLevels)
        throw new HeadraceError('bad_request', `JSON is nested at most ${maxLevels} levels deep here.`)
    }
  }
}

/**
 * Parses JSON from a caller.
 *
 * @throws HeadraceError `bad_request` that says where the text stops being JSON: V8 says it for some mistakes only
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    const position = firstBad(text)
    const before = text.slice(0, position)
    const line = before.split('\n').length
    const column = position - before.lastIndexOf('\n')
    const found =
      position < text.length ? JSON.stringify(String.fromCodePoint(text.codePointAt(position) ?? 0)) : 'the end'
    throw new HeadraceError(
      'bad_request',
      `The body is not JSON: ${found} at line ${line}, column ${column} does not belong there.`,
      {
        detail: { position, line, column },
      },
    )
  }
}

const space = /[ \t\n\r]*/y
const scalar = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y
const escape = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y

type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | 'colon' | 'comma or end' | 'nothing'

/** Index of the first character that can't be there. Walks without recursion: the text is hostile. */
function firstBad(text: string): number {
  const open: ('[' | '{')[] = []
  let expected: Expected = 'value'
  let at = 0
  const afterValue = (): Expected => (open.length === 0 ? 'nothing' : 'comma or end')
  for (;;) {
    at = skip(space, text, at)
    const char = text[at]
    if (char === undefined || expected === 'nothing') return at
    if (expected === 'colon') {
      if (char !== ':') return at
      at += 1
      expected = 'value'
    } else if (expected === 'comma or end') {
      const container = open.at(-1)
      if (char === ',') expected = container === '[' ? 'value' : 'key'
      else if (char === closing(container)) {
        open.pop()
        expected = afterValue()
      } else return at
      at += 1
    } else if ((char === ']' && expected === 'value or ]') || (char === '}' && expected === 'key or }')) {
      open.pop()
      expected = afterValue()
      at += 1
    } else if (char === '"') {
      const end = stringEnd(text, at + 1)
      if (text[end] !== '"') return end
      expected = expected.startsWith('key') ? 'colon' : afterValue()
      at = end + 1
    } else if (expected.startsWith('key')) return at
    else if (char === '[' || char === '{') {
      open.push(char)
      expected = char === '[' ? 'value or ]' : 'key or }'
      at += 1
    } else {
      const end = skip(scalar, text, at)
      if (end === at) return at
      expected = afterValue()
      at = end
    }
  }
}

function closing(container: '[' | '{' | undefined): string {
  return container === '[' ? ']' : '}'
}

/** Index of the closing quote, or of the first character that may not stand in a string. */
function stringEnd(text: string, start: number): number {
  let at = start
  while (at < text.length && text[at] !== '"') {
    if (text[at] === '\\') {
      const end = skip(escape, text, at)
      if (end === at) return at
      at = end
    } else if (text.charCodeAt(at) < 0x20) return at
    else at += 1
  }
  return at
}

function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : at
}
