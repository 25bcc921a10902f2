import { statfs } from 'node:fs/promises'
import type { EmbeddedStoreOptions } from './open.ts'

const kibibyte = 1_024
const mebibyte = 1_048_576

export interface Sizes {
  readonly writeBufferBytes: number
  readonly reserveBytes: number
}

/** What is not set is made for the disk: on a small one the usual buffers and their reserve would leave nothing to fill. */
export async function chooseSizes(directory: string, options: EmbeddedStoreOptions): Promise<Sizes> {
  const { blocks, bsize } = await statfs(directory)
  const fitting = Math.max(256 * kibibyte, Math.min(16 * mebibyte, (blocks * bsize) / 64))
  const writeBufferBytes = options.writeBufferBytes ?? fitting
  return {
    writeBufferBytes,
    reserveBytes: options.reserveBytes ?? 2 * writeBufferBytes + Math.min(4 * mebibyte, 4 * writeBufferBytes),
  }
}
