/**
 * Decompresses Snappy's block format: the length of the result, then literals and copies of what is there already.
 *
 * @returns `undefined` when the input is not what a compressor makes
 */
export function decompressSnappy(input: Uint8Array): Uint8Array | undefined {
  let at = 0
  let length = 0
  for (let factor = 1; ; factor *= 128) {
    const byte = input[at]
    if (byte === undefined || factor > 128 ** 4) return undefined
    at += 1
    length += (byte & 0x7f) * factor
    if (byte < 0x80) break
  }
  // Longer than any block: a damaged length must not take all memory.
  if (length > 64 * input.length + 65_536) return undefined

  const output = new Uint8Array(length)
  let end = 0
  while (at < input.length) {
    const tag = input[at] ?? 0
    at += 1
    const kind = tag & 3
    if (kind === 0) {
      let size = tag >>> 2
      if (size >= 60) {
        const bytes = size - 59
        size = littleEndian(input, at, bytes)
        at += bytes
      }
      size += 1
      if (at + size > input.length || end + size > length) return undefined
      output.set(input.subarray(at, at + size), end)
      at += size
      end += size
      continue
    }
    const offsetBytes = kind === 3 ? 4 : kind
    const size = kind === 1 ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1
    const offset = littleEndian(input, at, offsetBytes) + (kind === 1 ? (tag >>> 5) << 8 : 0)
    at += offsetBytes
    if (offset === 0 || offset > end || end + size > length) return undefined
    // One by one: a copy may overlap with what it makes.
    for (let copied = 0; copied < size; copied += 1, end += 1) output[end] = output[end - offset] ?? 0
  }
  return end === length ? output : undefined
}

function littleEndian(bytes: Uint8Array, at: number, count: number): number {
  let value = 0
  for (let index = count - 1; index >= 0; index -= 1) value = value * 256 + (bytes[at + index] ?? 0)
  return value
}
