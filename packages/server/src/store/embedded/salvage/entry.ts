/** What a file of a database says of a key: newest is the one with the highest `order`. */
export interface Entry {
  readonly key: string
  /** LevelDB's sequence number of the write. */
  readonly order: number
  /** `undefined`: it was deleted. */
  readonly value: Uint8Array | undefined
}

/** Keys between these, both included, may be missing. */
export interface LostRange {
  readonly first: string
  readonly last: string
}

/** What is left of one file. */
export interface Salvaged {
  readonly entries: Iterable<Entry>
  /** Keys of which it is known that something is lost. */
  readonly lost: readonly LostRange[]
  /** Something else is lost, and nobody can say of which keys. */
  readonly lostUnknown: boolean
}

/** Sorts behind every key: keys are ASCII. */
export const lastKey = '\u{7f}'

export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}
