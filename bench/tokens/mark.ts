/**
 * What an event of the bench carries: `~session.count.time;` with numbers in base 36. The count numbers the events of a
 * session from 0, so that a reader sees what is lost or doubled; the time is when the event was handed over, in
 * microseconds on the load process's own clock. Nothing else that travels has a tilde in it.
 */
export function mark(session: number, count: number, micros: number): string {
  return `~${session.toString(36)}.${count.toString(36)}.${micros.toString(36)};`
}

/**
 * Calls `found` for every mark in the text and returns the unfinished one at its end, which belongs before the next text.
 * A reader under load parses tens of thousands of events per second, so this looks for marks only.
 */
export function scan(text: string, found: (session: number, count: number, micros: number) => void): string {
  let start = text.indexOf('~')
  while (start !== -1) {
    const end = text.indexOf(';', start)
    if (end === -1) return text.slice(start)
    const first = text.indexOf('.', start)
    const second = text.indexOf('.', first + 1)
    found(
      Number.parseInt(text.slice(start + 1, first), 36),
      Number.parseInt(text.slice(first + 1, second), 36),
      Number.parseInt(text.slice(second + 1, end), 36),
    )
    start = text.indexOf('~', end)
  }
  return ''
}

/** Lengthens a mark until a record of `around` characters with it in has `bytes`; a mark is never cut. */
export function pad(text: string, around: number, bytes: number): string {
  return text.padEnd(bytes - around, 'x')
}
