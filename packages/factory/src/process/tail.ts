/** The end of a stream of bytes, in bounded memory. */
export interface Tail {
  push(chunk: Uint8Array): void
  /** All bytes that came. */
  readonly bytes: number
  /** The newest bytes as text; a character that was cut is replaced. */
  text(): string
  /** The last lines that are not empty, oldest first. */
  lines(count: number): readonly string[]
}

/** @param maxBytes - how many bytes of the end are kept */
export function createTail(maxBytes: number): Tail {
  let chunks: Uint8Array[] = []
  let kept = 0
  let bytes = 0

  function text(): string {
    const all = Buffer.concat(chunks)
    return all.subarray(Math.max(0, all.length - maxBytes)).toString('utf8')
  }

  return {
    push(chunk) {
      bytes += chunk.length
      kept += chunk.length
      chunks.push(chunk)
      // Joined once in a while and not for every chunk: many small ones would cost their square.
      if (kept < 2 * maxBytes && chunks.length < 1_024) return
      const all = Buffer.concat(chunks)
      const end = Buffer.from(all.subarray(Math.max(0, all.length - maxBytes)))
      chunks = [end]
      kept = end.length
    },
    get bytes() {
      return bytes
    },
    text,
    lines: (count) =>
      text()
        .split('\n')
        .filter((line) => line.trim() !== '')
        .slice(-count),
  }
}
