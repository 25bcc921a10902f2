import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/**
 * `<data>/server.json`: how commands on this machine find the server that runs on a data directory. Mode 0600, as it holds
 * the operator token of a server that made its own keys. Written when the server is ready, removed when it stops; after a
 * crash it stays and names a process that is gone.
 */
export interface ServerFile {
  readonly url: string
  readonly pid: number
  /** Absent where the server was given keys: then whoever has the keys makes tokens. */
  readonly token?: string
}

export function serverFilePath(directory: string): string {
  return path.join(directory, 'server.json')
}

/**
 * Under another name first, so that a reader never finds half of it. A disk that is full stops no server: it can still be
 * read from.
 */
export function writeServerFile(directory: string, content: ServerFile, warn: (line: string) => void): void {
  const file = serverFilePath(directory)
  try {
    rmSync(`${file}.new`, { force: true })
    writeFileSync(`${file}.new`, `${JSON.stringify(content)}\n`, { mode: 0o600 })
    renameSync(`${file}.new`, file)
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    warn(`warning: ${file} could not be written (${reason}); other commands need --url and --token.`)
  }
}

/** Removes the file if this process wrote it. */
export function removeServerFile(directory: string): void {
  if (readServerFile(directory)?.pid === process.pid) rmSync(serverFilePath(directory), { force: true })
}

/** What the file says, or `undefined` where there is none or it can't be read as one. */
export function readServerFile(directory: string): ServerFile | undefined {
  try {
    const content: unknown = JSON.parse(readFileSync(serverFilePath(directory), 'utf8'))
    if (typeof content !== 'object' || content === null) return undefined
    if (
      !('url' in content) ||
      typeof content.url !== 'string' ||
      !URL.canParse(content.url) ||
      !('pid' in content) ||
      typeof content.pid !== 'number'
    )
      return undefined
    const token = 'token' in content && typeof content.token === 'string' ? content.token : undefined
    return { url: content.url, pid: content.pid, ...(token !== undefined && { token }) }
  } catch {
    return undefined
  }
}

/** Whether a process with this id exists. Another one may have got the id since. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM'
  }
}
