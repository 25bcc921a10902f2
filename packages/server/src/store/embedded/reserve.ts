/**
 * Space that is held so that it can be let go. LevelDB opens by writing its log out as a table, so on a full disk it
 * would not open again after the write that failed, and nobody could read until somebody made room. The reserve is a
 * file of that size: deleted when the disk is full, made again before the next append is accepted.
 */
import { open, rm, stat, statfs } from 'node:fs/promises'
import path from 'node:path'
import { randomFillSync } from 'node:crypto'

export interface Reserve {
  readonly bytes: number
  /** Makes the file where it is missing. Resolves to whether it is held; false when there is no room. */
  hold(): Promise<boolean>
  /** Whether as much again is free, so that writing can go on for a while. */
  hasRoom(): Promise<boolean>
  /** Gives the space back. Resolves to whether there was any. */
  release(): Promise<boolean>
}

const chunkBytes = 1_048_576

/** @param bytes - 0 holds nothing */
export function createReserve(file: string, bytes: number): Reserve {
  async function heldBytes(): Promise<number> {
    return stat(file).then(
      ({ size }) => size,
      () => 0,
    )
  }

  async function freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(path.dirname(file))
    return bavail * bsize
  }

  return {
    bytes,

    async hold() {
      const held = await heldBytes()
      if (held >= bytes) return true
      try {
        if ((await freeBytes()) < bytes - held) return false
        await fill(file, bytes)
        return true
      } catch {
        // Full after all, or not writable: either way there is no reserve.
        await rm(file, { force: true })
        return false
      }
    },

    async hasRoom() {
      return bytes === 0 || (await freeBytes()) >= bytes
    },

    async release() {
      const held = await heldBytes()
      await rm(file, { force: true })
      return held > 0
    },
  }
}

async function fill(file: string, bytes: number): Promise<void> {
  // Random, because file systems that compress would make nothing of zeros.
  const noise = randomFillSync(new Uint8Array(Math.min(bytes, chunkBytes)))
  const handle = await open(file, 'w', 0o600)
  try {
    for (let at = 0; at < bytes; at += noise.length) await handle.appendFile(noise.subarray(0, bytes - at))
    await handle.sync()
  } finally {
    await handle.close()
  }
}
