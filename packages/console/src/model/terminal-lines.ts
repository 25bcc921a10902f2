import Anser, { type AnserJsonEntry } from 'anser'
import { visibleText } from './visible-text.ts'

/** A piece of what a program printed, as it is to look. Colours are the sixteen that every terminal has, by name. */
export interface TerminalSpan {
  readonly text: string
  readonly color?: string
  readonly bold?: true
  readonly dim?: true
}

const colors: ReadonlySet<string> = new Set(
  ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'].flatMap((name) => [name, `bright-${name}`]),
)

/** Titles, links and the like, up to their end: for the terminal, and nothing that is seen. */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const commands = /\u001B[\]PX^_][^\u0007\u001B]*(?:\u0007|\u001B\\)?/g
const returns = /^.*\r(?!$)/gm

/**
 * What a program printed, in pieces. A line that was written over is shown as it was last; moves of the cursor are left
 * out; everything that can't be seen is made visible.
 */
export function terminalSpans(printed: string): readonly TerminalSpan[] {
  const text = printed.replaceAll(commands, '').replaceAll('\r\n', '\n').replaceAll(returns, '')
  return Anser.ansiToJson(text, { json: true, use_classes: true, remove_empty: true }).map(spanOf)
}

function spanOf(entry: AnserJsonEntry): TerminalSpan {
  // The types say that there is always a colour.
  const color = ((entry.fg as string | null) ?? '').replace('ansi-', '')
  return {
    text: visibleText(entry.content.replaceAll('\t', '  ')),
    ...(colors.has(color) && { color }),
    ...(entry.decorations.includes('bold') && { bold: true }),
    ...(entry.decorations.includes('dim') && { dim: true }),
  }
}

/** Whether a text is meant for a terminal. */
export function isForTerminal(text: string): boolean {
  return text.includes('\u001B[')
}
