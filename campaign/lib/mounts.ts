import { execFile, execFileSync } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import process from 'node:process'
import { promisify } from 'node:util'

const execute = promisify(execFile)
const mounted = new Set<string>()

process.on('exit', () => {
  for (const directory of mounted) execFileSync('umount', ['--lazy', directory])
})

/** Mounts a file system, and takes it away at the latest when this process ends. */
export async function mount(args: readonly string[], directory: string): Promise<void> {
  await mkdir(directory, { recursive: true })
  await execute('mount', [...args, directory])
  mounted.add(directory)
}

/** Idempotent. */
export async function unmount(directory: string): Promise<void> {
  if (mounted.delete(directory)) await execute('umount', [directory])
}
