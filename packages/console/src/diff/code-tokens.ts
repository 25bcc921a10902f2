import { SugarHigh, tokenize, type ParseOptions } from 'sugar-high/core'
import { languages } from 'sugar-high/lang'

export interface CodeToken {
  readonly kind: string
  readonly text: string
}

const plain = (line: string): readonly CodeToken[] => [{ kind: 'identifier', text: line }]
/** A longer line is no code that somebody reads. */
const maxChars = 1_000

/** How lines of a file are coloured, by the file's name. Each line is looked at by itself. */
export function tokensFor(path: string): (line: string) => readonly CodeToken[] {
  const options = configOf(path)
  if (!options) return plain
  return (line) => {
    if (line.length > maxChars) return plain(line)
    return tokenize(line, options).map(([kind, text]) => ({ kind: SugarHigh.TokenTypes[kind] ?? 'identifier', text }))
  }
}

function configOf(path: string): ParseOptions | undefined {
  const ending =
    /\.([^./]+)$/
      .exec(path)?.[1]
      ?.toLowerCase()
      .replace(/^[cm](?=[jt]s$)/, '') ?? ''
  return languages.find(({ extension, aliases }) => extension === ending || aliases.includes(ending))?.config
}
