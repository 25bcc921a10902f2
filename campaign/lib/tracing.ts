import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const execute = promisify(execFile)

export interface Injecting {
  /** Where `strace` writes what it has done. Default: nowhere. */
  readonly log?: string
  /** Only calls about one of these files. Default: all. */
  readonly files?: readonly string[]
}

/** What a server runs under so that some calls to the kernel end as they are told to. */
export function injecting(
  calls: readonly string[],
  outcome: string,
  { log = '/dev/null', files = [] }: Injecting = {},
): readonly string[] {
  const list = calls.join(',')
  const only = files.flatMap((file) => ['-P', file])
  // Only these calls stop the process: the others cost nothing.
  return [
    'strace',
    '-f',
    '-qq',
    '--seccomp-bpf',
    '-o',
    log,
    ...only,
    '-e',
    `trace=${list}`,
    '-e',
    `inject=${list}:${outcome}`,
  ]
}

/** What tells a disk to keep what it was given. */
export const syncCalls = ['fsync', 'fdatasync', 'sync_file_range', 'msync'] as const

/** Why calls can't be injected here; `undefined` when they can. */
export async function missingTracing(): Promise<string | undefined> {
  try {
    await execute('strace', ['-o', '/dev/null', 'true'])
    return undefined
  } catch {
    return 'strace is not installed, or may not trace here'
  }
}
