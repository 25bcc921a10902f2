import { styleText } from 'node:util'

export type Style = 'dim' | 'bold' | 'red' | 'green' | 'yellow' | 'cyan' | 'magenta' | 'blue'

/** Colours text for one stream. */
export type Paint = (style: Style, text: string) => string

/** Colours where the stream is a terminal that shows them; `NO_COLOR` and `FORCE_COLOR` are honoured. */
export function createPaint(stream: NodeJS.WritableStream): Paint {
  return (style, text) => styleText(style, text, { stream })
}

export const noPaint: Paint = (_style, text) => text

const authorStyles: readonly Style[] = ['cyan', 'green', 'magenta', 'yellow', 'blue']

/** The same colour for the same name, always. */
export function authorStyle(name: string): Style {
  let sum = 0
  for (const char of name) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 997
  return authorStyles[sum % authorStyles.length] ?? 'cyan'
}
