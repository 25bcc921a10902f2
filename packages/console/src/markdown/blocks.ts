/**
 * Markdown as it streams. Text only grows, so everything before the last two blocks is settled: it is kept, token by
 * token, and its components see by identity that there is nothing to do. What arrives costs the tail, not the message.
 *
 * The last block is read as if the marks that are open in it were closed (`**bold`, a code span, half a link), so that a
 * reader never sees raw marks turn into format. When the text is complete it is read once more as a whole: only then are
 * link definitions at its end known.
 */
import { Lexer, type Token } from 'marked'
import remend from 'remend'

/** Longer texts are shown as they are: parsing megabytes would stop the page. */
export const maxMarkdownChars = 200_000

export interface BlockOptions {
  /** The text may still grow. */
  readonly open: boolean
  /** A single line end breaks the line, as in what people type. */
  readonly breaks: boolean
}

export type Blocks = (source: string, options: BlockOptions) => readonly Token[]

/** A reader for one growing text. Calling it again with the same text gives the same blocks. */
export function createBlocks(): Blocks {
  let settled: Token[] = []
  let settledText = ''
  let last: { source: string; open: boolean; tokens: readonly Token[] } | undefined

  return (source, { open, breaks }) => {
    if (last?.source === source && last.open === open) return last.tokens
    const text = source.replaceAll(/\r\n?/g, '\n')
    if (!open || !text.startsWith(settledText)) {
      settled = []
      settledText = ''
    }
    const fresh = lex(text.slice(settledText.length), breaks)
    const keep = open ? tailStart(fresh) : fresh.length
    for (const token of fresh.slice(0, keep)) {
      settled.push(token)
      settledText += token.raw
    }
    // A lexer that did not account for every character can't be resumed.
    if (!text.startsWith(settledText)) settledText = '\0'
    last = { source, open, tokens: [...settled, ...heal(fresh.slice(keep), breaks)] }
    return last.tokens
  }
}

/** The last two blocks may still change: a line below can make a heading, a list or a table of them. */
function tailStart(tokens: readonly Token[]): number {
  let blocks = 0
  for (let index = tokens.length - 1; index >= 0; index -= 1) {
    if (tokens[index]?.type !== 'space') blocks += 1
    if (blocks === 2) return index
  }
  return 0
}

/** The head of a table before its rule has come: until then it reads as a paragraph of bars. */
const half = { table: /^\|[^\n]*(?:\n[|:\- \t]*)?$/, fence: /(?:^|\n)`{1,2}$/ }

function heal(tail: readonly Token[], breaks: boolean): readonly Token[] {
  const last = tail.at(-1)
  if (last?.type === 'paragraph' && half.table.test(last.raw)) return tail.slice(0, -1)
  // The first marks of the fence that will close it are no code.
  if (last?.type === 'code')
    return [...tail.slice(0, -1), { ...last, text: String(last['text']).replace(half.fence, '') }]
  if (!last) return tail
  return [...tail.slice(0, -1), ...lex(remend(last.raw, { linkMode: 'text-only' }), breaks)]
}

function lex(text: string, breaks: boolean): readonly Token[] {
  if (text.length > maxMarkdownChars) return plain(text)
  try {
    return new Lexer({ gfm: true, breaks }).lex(text)
  } catch {
    return plain(text) // nesting deeper than the stack
  }
}

function plain(text: string): readonly Token[] {
  return text === '' ? [] : [{ type: 'plain', raw: text }]
}
