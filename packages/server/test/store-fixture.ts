import { cp, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { programOf } from '../../../test/support/program-of.ts'

export interface TempDirectory extends AsyncDisposable {
  readonly path: string
  readonly remove: () => Promise<void>
}

export async function makeTempDirectory(): Promise<TempDirectory> {
  const made = await mkdtemp(path.join(tmpdir(), 'headrace-store-'))
  const remove = (): Promise<void> => rm(made, { recursive: true, force: true, maxRetries: 5 })
  return { path: made, remove, [Symbol.asyncDispose]: remove }
}

/** The command of a process that appends until it is killed. */
export function storeChild(options: { readonly directory: string; readonly seed: number }): [string, ...string[]] {
  const program = programOf('packages/server/test/store-child.ts')
  return [process.execPath, '--conditions=@headrace/source', program, options.directory, String(options.seed)]
}

/** The command of a process that appends once, says so with its pid, and stands still. */
export function storeChildOnce(directory: string): [string, ...string[]] {
  const program = programOf('packages/server/test/store-child-once.ts')
  return [process.execPath, '--conditions=@headrace/source', program, directory]
}

/** Resolves with the first line that matches; rejects when the output ends before. */
export async function nextLine(output: Readable, matches: (line: string) => boolean): Promise<string> {
  for await (const line of createInterface({ input: output })) if (matches(line)) return line
  throw new Error('The output ended.')
}

/**
 * Copies the directory of a store that is open, as a crash would leave it: one moment of it. The store's merges go on
 * by themselves, so it copies until nothing has moved meanwhile.
 */
export async function copyAsCrashed(directory: string, copy: string): Promise<void> {
  for (let before = await filesOf(directory); ;) {
    await rm(copy, { recursive: true, force: true })
    // It throws when a file goes while it copies.
    const isCopied = await cp(directory, copy, { recursive: true }).then(
      () => true,
      () => false,
    )
    const after = await filesOf(directory)
    if (isCopied && after === before) break
    before = after
  }
  // It says that this process holds it, which is not what crashed.
  await rm(path.join(copy, 'pid'), { force: true })
}

/** Names and sizes. */
async function filesOf(directory: string): Promise<string> {
  const data = path.join(directory, 'data')
  const names = (await readdir(data)).sort()
  const sizes = await Promise.all(names.map((name) => stat(path.join(data, name)).catch(() => undefined)))
  return names.map((name, index) => `${name} ${sizes[index]?.size}`).join('\n')
}
