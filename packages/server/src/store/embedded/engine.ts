/** What the store needs from a database, no more: tests put one in that fails on demand. */
import type { KeyRange } from './keys.ts'

export type Op =
  | { readonly type: 'put'; readonly key: string; readonly value: string | Uint8Array }
  | { readonly type: 'del'; readonly key: string }

export interface Scan {
  readonly range: KeyRange
  /** From the end of the range to its start. */
  readonly reverse?: boolean
  /** At most this many entries. */
  readonly limit: number
}

/** Reads of one moment. */
export interface Reader {
  get(key: string): Promise<string | undefined>
  getBytes(key: string): Promise<Uint8Array | undefined>
  getMany(keys: readonly string[]): Promise<readonly (string | undefined)[]>
  /** Calls `visit` for each entry until it returns false. */
  scan(scan: Scan, visit: (key: string, value: string) => boolean | void): Promise<void>
}

/** An open database. Rejects with `HeadraceError` only. */
export interface Engine extends Reader {
  /** Runs reads that all see the same moment. */
  view<T>(read: (reader: Reader) => Promise<T>): Promise<T>
  /** Writes all or nothing, and resolves when it is on disk. After a rejection the engine must be closed. */
  write(ops: readonly Op[]): Promise<void>
  /** Rewrites a range without what was deleted or replaced. */
  compact(range: { readonly gte: string; readonly lt: string }): Promise<void>
  /** Writes what is in memory and in the log out as a table. Best effort. */
  flush(): Promise<void>
  close(): Promise<void>
}

export type OpenEngine = () => Promise<Engine>
