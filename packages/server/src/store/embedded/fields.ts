/** Reads LevelDB's encoding of numbers and texts, front to back. Every method throws at the end of the input. */
export interface Fields {
  readonly position: number
  hasMore(): boolean
  number(): number
  skip(bytes: number): void
}

export function createFields(bytes: Uint8Array, start = 0): Fields {
  let at = start
  return {
    get position() {
      return at
    },
    hasMore: () => at < bytes.length,
    number() {
      let value = 0
      for (let factor = 1; ; factor *= 128) {
        const byte = bytes[at]
        if (byte === undefined) throw new RangeError('the input ends early')
        at += 1
        value += (byte & 0x7f) * factor
        if (byte < 0x80) return value
      }
    },
    skip(count) {
      at += count
      if (at > bytes.length) throw new RangeError('the input ends early')
    },
  }
}
