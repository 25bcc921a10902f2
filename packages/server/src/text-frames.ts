const textOpcode = 0x81 // FIN and the opcode of text
/** A payload up to here has its length in the second byte. */
const maxInline = 125
const maxShort = 0xffff

/**
 * Makes WebSocket messages of texts, as a server sends them (RFC 6455, section 5.2): unmasked, one frame each, all in one
 * buffer. Unmasked frames are the same for every reader, so they can be made once and handed to many sockets.
 */
export function textFrames(texts: readonly string[]): Buffer {
  const lengths = texts.map((text) => Buffer.byteLength(text))
  const frames = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + headerBytes(length) + length, 0))
  let at = 0
  for (const [index, text] of texts.entries()) {
    at = writeHeader(frames, at, lengths[index] ?? 0)
    at += frames.write(text, at)
  }
  return frames
}

function headerBytes(length: number): number {
  if (length <= maxInline) return 2
  return length <= maxShort ? 4 : 10
}

/** Returns where the payload begins. */
function writeHeader(frames: Buffer, at: number, length: number): number {
  frames[at] = textOpcode
  if (length <= maxInline) {
    frames[at + 1] = length
    return at + 2
  }
  if (length <= maxShort) {
    frames[at + 1] = 126
    return frames.writeUInt16BE(length, at + 2)
  }
  frames[at + 1] = 127
  // No frame comes near 4 GiB.
  frames.writeUInt32BE(0, at + 2)
  return frames.writeUInt32BE(length, at + 6)
}
