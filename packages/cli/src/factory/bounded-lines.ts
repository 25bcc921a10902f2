/** A line of a file, or that it was too long to be read. */
export type BoundedLine =
  | { readonly number: number; readonly text: string }
  | { readonly number: number; readonly tooLong: number }

/** Lines of a stream, holding no more of it than one line within the bound, in bytes. Empty lines are left out. */
export async function* boundedLines(
  input: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<BoundedLine, void, undefined> {
  let number = 1
  let pieces: Uint8Array[] = []
  let size = 0
  const take = (): BoundedLine | undefined => {
    const whole = size > maxBytes ? undefined : Buffer.concat(pieces).toString().trim()
    const length = size
    pieces = []
    size = 0
    if (whole === undefined) return { number, tooLong: length }
    return whole === '' ? undefined : { number, text: whole }
  }
  const add = (piece: Uint8Array): void => {
    size += piece.length
    if (size <= maxBytes) pieces.push(piece)
    else pieces = []
  }
  for await (const chunk of input) {
    let from = 0
    for (;;) {
      const end = chunk.indexOf(10, from)
      if (end === -1) break
      add(chunk.subarray(from, end))
      const line = take()
      if (line) yield line
      number++
      from = end + 1
    }
    add(chunk.subarray(from))
  }
  const last = take()
  if (last) yield last
}
