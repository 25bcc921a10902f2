/** What LevelDB's manifest says: which files make up the database. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { createFields } from './fields.ts'
import { readBatches, scanLog } from './level-log.ts'

export interface Manifest {
  readonly file: string
  /** Offset of damage with good edits behind it. LevelDB may take it for the end, and go on without those edits. */
  readonly damagedAt: number | undefined
  /** Logs before this one are not needed any more; 0 in a database that never had one. */
  readonly log: number
  /** Number and size of each table. */
  readonly tables: ReadonlyMap<number, number>
  /** First and last key of each table, as LevelDB stores keys. */
  readonly ranges: ReadonlyMap<number, readonly [first: Uint8Array, last: Uint8Array]>
}

/** Field numbers of a version edit, as LevelDB's `version_edit.cc` has them. */
const tags = {
  comparator: 1,
  logNumber: 2,
  nextFileNumber: 3,
  lastSequence: 4,
  compactPointer: 5,
  deletedFile: 6,
  newFile: 7,
  prevLogNumber: 9,
} as const

/** `undefined` when there is none, or nothing certain can be said of it: LevelDB then says what is wrong. */
export async function readManifest(data: string): Promise<Manifest | undefined> {
  try {
    const name = (await readFile(path.join(data, 'CURRENT'), 'utf8')).trim()
    const file = path.join(data, name)
    const bytes = await readFile(file)
    const { bad, isFollowed } = scanLog(bytes)
    return { file, damagedAt: isFollowed ? bad : undefined, ...parseEdits(readBatches(bytes)) }
  } catch {
    return undefined
  }
}

/** The number in the name of a log or a table. */
export function fileNumber(name: string, extensions: readonly string[]): number | undefined {
  const [, digits, extension = ''] = /^(\d+)\.([a-z]+)$/.exec(name) ?? []
  return digits !== undefined && extensions.includes(extension) ? Number(digits) : undefined
}

export const tableExtensions: readonly string[] = ['ldb', 'sst']

function parseEdits(edits: Iterable<Uint8Array>): Pick<Manifest, 'log' | 'tables' | 'ranges'> {
  let log = 0
  const tables = new Map<number, number>()
  const ranges = new Map<number, readonly [first: Uint8Array, last: Uint8Array]>()
  for (const edit of edits) {
    const fields = createFields(edit)
    const bytes = (): Uint8Array => {
      const length = fields.number()
      const begin = fields.position
      fields.skip(length)
      return edit.subarray(begin, begin + length)
    }
    const deleted: number[] = []
    const added: [number, number][] = []
    while (fields.hasMore()) {
      const tag = fields.number()
      switch (tag) {
        case tags.logNumber:
          log = fields.number()
          break
        case tags.nextFileNumber:
        case tags.lastSequence:
        case tags.prevLogNumber:
          fields.number()
          break
        case tags.comparator:
          fields.skip(fields.number())
          break
        case tags.compactPointer:
          fields.number()
          fields.skip(fields.number())
          break
        case tags.deletedFile:
          fields.number()
          deleted.push(fields.number())
          break
        case tags.newFile: {
          fields.number()
          const table = fields.number()
          added.push([table, fields.number()])
          ranges.set(table, [bytes(), bytes()])
          break
        }
        default:
          throw new Error(`unknown field ${tag}`)
      }
    }
    // One edit can move a table between levels: it deletes and adds the same number.
    for (const table of deleted) tables.delete(table)
    for (const [table, bytes] of added) tables.set(table, bytes)
  }
  return { log, tables, ranges }
}
