import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { finished } from 'node:stream/promises'
import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { HeadraceError } from '@headrace/core'
import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'
import { findTarget, type TargetOptions } from '../connection/target.ts'
import { withClient } from '../connection/with-client.ts'
import { linkOf } from '../serve/link.ts'
import { processOutput, type Output } from '../terminal/console.ts'

export interface ForkOptions extends TargetOptions {
  readonly at?: number
  readonly id?: string
}
export interface ExportOptions extends TargetOptions {
  readonly output?: string
}
export interface EraseOptions extends TargetOptions {
  readonly message?: string
  readonly part?: string
  readonly reason?: string
  readonly yes?: boolean
}
export interface ShareOptions extends TargetOptions {
  /** Milliseconds. */
  readonly ttl?: number
  readonly name?: string
}

/** Copies a session as it was at an event; prints the id of the copy. */
export async function fork(
  id: string,
  { at, id: copy, ...options }: ForkOptions,
  output: Output = processOutput,
): Promise<void> {
  const asked = { ...(at !== undefined && { at }), ...(copy !== undefined && { id: copy }) }
  try {
    const made = await withClient(options, (client) => client.fork(id, asked))
    output.out(made.id)
  } catch (thrown) {
    throw (at === undefined ? undefined : atProblem(id, at, thrown)) ?? thrown
  }
}

/** A refusal of where the copy was to end, in terms of the option. */
function atProblem(id: string, at: number, thrown: unknown): Problem | undefined {
  if (!(thrown instanceof HeadraceError)) return undefined
  const { code, detail: { path, head, floor } = {} } = thrown
  if (code === 'bad_request' && path === 'at' && typeof head === 'number') {
    const text = `--at ${at} is past the end: the last event of ${id} is ${head}. Name one from 1 to ${head}, or leave --at out for all of it.`
    return new Problem(exitCode.refused, text, { cause: thrown })
  }
  if (code === 'compacted' && typeof floor === 'number') {
    const text = `--at ${at} is too far back: what ${id} was before event ${floor} is no longer known. Name one from ${floor} on, or leave --at out for all of it.`
    return new Problem(exitCode.refused, text, { cause: thrown })
  }
  return undefined
}

/** Writes a session line by line, to a file or to standard output. */
export async function exportSession(id: string, { output: file, ...options }: ExportOptions): Promise<void> {
  await withClient(options, async (client) => {
    const target: Writable = file === undefined ? process.stdout : createWriteStream(file, { flags: 'wx', mode: 0o600 })
    const done = file === undefined ? undefined : finished(target)
    // A file that can't be written fails here and not in the middle of the loop.
    done?.catch(() => undefined)
    let isOurs = false
    target.once('open', () => (isOurs = true))
    try {
      for await (const line of client.export(id)) {
        if (target.errored) break
        if (!target.write(`${line}\n`)) await Promise.race([once(target, 'drain'), done ?? once(target, 'close')])
      }
      if (file !== undefined) target.end()
      await done
    } catch (thrown) {
      // Half an export verifies as nothing, and would stand in the way of the next try.
      if (file !== undefined) {
        target.destroy()
        await done?.catch(() => undefined)
        if (isOurs) await rm(file, { force: true })
      }
      throw thrown
    }
  }).catch((thrown: unknown) => {
    if (file === undefined || !(thrown instanceof Error) || !('code' in thrown)) throw thrown
    if (thrown.code === 'EEXIST')
      throw new Problem(
        exitCode.usage,
        `${file} exists already; an export never overwrites a file. Name another one.`,
        { cause: thrown },
      )
    if (thrown.code === 'ENOENT' || thrown.code === 'EACCES' || thrown.code === 'EISDIR')
      throw new Problem(exitCode.usage, `${file} can't be written: ${thrown.message}`, { cause: thrown })
    throw thrown
  })
}

/** Takes a session, or one message of it, out for good. */
export async function erase(
  id: string,
  { message, part, reason, yes, ...options }: EraseOptions,
  output: Output = processOutput,
): Promise<void> {
  if (yes !== true) {
    const what = message === undefined ? `the whole session ${id}` : `the content of ${message} in ${id}`
    throw new Problem(
      exitCode.usage,
      `This takes ${what} out for good, also from the disk. Say --yes if that is meant.`,
    )
  }
  await withClient(options, async (client) => {
    if (message === undefined) {
      await client.deleteSession(id)
      output.out(`Erased ${id}.`)
      return
    }
    const asked = { ...(part !== undefined && { part }), ...(reason !== undefined && { reason }) }
    const { outcome, seq } = await client.session(id).redact(message, asked)
    output.out(outcome === 'noop' ? 'It is erased already.' : `Erased the content of ${message} (event ${seq}).`)
  })
}

/** Prints a token by which others read one session. */
export async function share(
  id: string,
  { ttl, name, ...options }: ShareOptions,
  output: Output = processOutput,
): Promise<void> {
  const asked = {
    ...(ttl !== undefined && { ttlSeconds: Math.round(ttl / 1_000) }),
    ...(name !== undefined && { name }),
  }
  const link = await withClient(options, (client) => client.share(id, asked))
  const { url } = findTarget(options)
  output.err(`Link ${link.id} works until ${new Date(link.expiresAt).toISOString()}: ${linkOf(url, link.token, id)}`)
  output.err('Its token:')
  output.out(link.token)
}
