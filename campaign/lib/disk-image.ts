import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { mount, unmount } from './mounts.ts'

const execute = promisify(execFile)

/** A file system in a file. What is in the file has reached the disk; what the kernel still holds in memory has not. */
export interface DiskImage extends AsyncDisposable {
  /** Where it is mounted. */
  readonly mounted: string
  /** The disk as it would be if the power went now. Whoever writes to it must stand still. */
  copy(): Promise<() => Promise<DiskImage>>
}

/** Large enough for the store's reserve and buffers, small enough to be copied in a moment. */
const size = '96M'

/** Makes a disk with an ext4 file system and mounts it. */
export async function createDiskImage(directory: string): Promise<DiskImage> {
  const image = path.join(directory, 'disk-0')
  await execute('truncate', ['-s', size, image])
  await execute('mkfs.ext4', ['-q', image])
  return open(directory, 0)
}

async function open(directory: string, number: number): Promise<DiskImage> {
  const image = path.join(directory, `disk-${number}`)
  const mounted = path.join(directory, `mounted-${number}`)
  // Its journal is replayed here, as after a real cut.
  await mount(['-o', 'loop', image], mounted)
  const close = async (): Promise<void> => {
    await unmount(mounted)
    await rm(image, { force: true })
  }
  return {
    mounted,
    async copy() {
      const copy = path.join(directory, `disk-${number + 1}`)
      // The kernel goes on writing what it has. A copy that is still the same afterwards is the disk at one moment.
      do await execute('cp', ['--sparse=always', image, copy])
      while (!(await areSame(image, copy)))
      return async () => {
        await close()
        return open(directory, number + 1)
      }
    },
    [Symbol.asyncDispose]: close,
  }
}

async function areSame(one: string, other: string): Promise<boolean> {
  try {
    await execute('cmp', ['--silent', one, other])
    return true
  } catch {
    return false
  }
}

/** Why no disk can be made here; `undefined` when one can. */
export async function missingDisks(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'mounting a file system from a file needs root'
  try {
    await execute('mkfs.ext4', ['-V'])
    return undefined
  } catch {
    return 'mkfs.ext4 is not installed'
  }
}
