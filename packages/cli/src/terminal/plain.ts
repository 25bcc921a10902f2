// What is printed comes from other people and from models. Escape sequences could retitle the terminal, move the cursor
// over what stands above, or write to the clipboard, so no control character but newline and tab gets through.
// oxlint-disable-next-line no-control-regex
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** Text that is safe to print: no control characters and no direction overrides. */
export function plain(text: string): string {
  return text.replace(controls, '')
}

/** The same, on one line and cut to a length. */
export function plainLine(text: string, max = 100): string {
  const line = plain(text).replace(/\s+/g, ' ').trim()
  return line.length > max ? `${line.slice(0, max - 1)}…` : line
}
