import { execFile } from 'node:child_process'
import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'

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
  return mount(directory, 0)
}

async function mount(directory: string, number: number): Promise<DiskImage> {
  const image = path.join(directory, `disk-${number}`)
  const mounted = path.join(directory, `mounted-${number}`)
  await mkdir(mounted, { recursive: true })
  // Its journal is replayed here, as after a real cut.
  await execute('mount', ['-o', 'loop', image, mounted])
  let isMounted = true
  const unmount = async (): Promise<void> => {
    if (!isMounted) return
    isMounted = false
    await execute('umount', [mounted])
    await rm(image)
  }
  return {
    mounted,
    async copy() {
      await execute('cp', ['--sparse=always', image, path.join(directory, `disk-${number + 1}`)])
      return async () => {
        await unmount()
        return mount(directory, number + 1)
      }
    },
    [Symbol.asyncDispose]: unmount,
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
