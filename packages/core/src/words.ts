/** Words for full-text search (P6): the same for what is stored and for what is asked. */
import { partChars } from './parts.ts'
import type { Message } from './view.ts'

/** Longest word that is kept, and most words of one message. */
const maxWordChars = 64
const maxWords = 2_000
const maxQueryWords = 16
const letters = /[\p{L}\p{N}\p{M}]+/gu
/** Scripts that are written without spaces: found by pairs of characters. */
const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]+/gu

/** Letters that are all written with spaces between words. */
const plain = /^[!-\u024f]*$/

/** The distinct words of a text, in order. */
export function wordsOf(text: string, most: number = maxWords): readonly string[] {
  const words = new Set<string>()
  for (const [run] of text.normalize('NFKC').toLowerCase().matchAll(letters)) {
    for (const word of plain.test(run) ? [run] : split(run)) {
      if (words.size >= most) return [...words]
      words.add(word.slice(0, maxWordChars))
    }
  }
  return [...words]
}

function split(run: string): readonly string[] {
  const pairs = [...run.matchAll(unspaced)].flatMap(([part]) => pairsOf(part))
  const rest = run
    .replaceAll(unspaced, ' ')
    .split(' ')
    .filter((word) => word !== '')
  return [...rest, ...pairs]
}

function pairsOf(text: string): readonly string[] {
  const characters = Array.from(text)
  if (characters.length === 1) return characters
  return characters.slice(1).map((character, index) => `${characters[index]}${character}`)
}

/** The words that a query asks for; what is beyond the first 16 is not looked for. */
export function queryWords(query: string): readonly string[] {
  return wordsOf(query, maxQueryWords)
}

/** The words that a message is found by: those in parts that everybody sees who sees the message. */
export function searchWords(message: Message): readonly string[] {
  const texts = message.parts.map((part) => {
    if (part.to !== undefined || part.redacted || partChars(part) === 0) return ''
    if (part.kind === 'text') return part.text
    return part.kind === 'file' ? (part.name ?? '') : part.kind === 'source' ? (part.title ?? '') : ''
  })
  return wordsOf(texts.join('\n'))
}
