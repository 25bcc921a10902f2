import { readFile, readdir } from 'node:fs/promises'
import path from 'node:path'
import type { Engine, Op } from '../engine.ts'
import { scanLog } from '../level-log.ts'
import { fileNumber, readManifest, tableExtensions, type Manifest } from '../manifest.ts'
import { isTableIntact } from '../table-check.ts'
import { lastKey, latin1, type LostRange, type Salvaged } from './entry.ts'
import { logEntries } from './log-entries.ts'
import { tableEntries } from './table-entries.ts'

const batch = 1_000

/** What is wrong with the files of a database, and what that may have cost. */
export interface Collected {
  /** Name and what is wrong with it, for each damaged file. */
  readonly damaged: readonly { readonly file: string; readonly what: string }[]
  readonly lost: readonly LostRange[]
  /** Writes were lost of which nobody can say what they were about. */
  readonly lostUnknown: boolean
}

/** Puts all that can be read of a database into another one, newest write first; by the files alone, so none is changed. */
export async function collect(data: string, into: Engine): Promise<Collected> {
  const manifest = await readManifest(data)
  const names = (await readdir(data)).sort()
  const isSure = manifest !== undefined && manifest.damagedAt === undefined
  const damaged: { file: string; what: string }[] = []
  const lost: LostRange[] = []
  let lostUnknown = false
  if (!isSure) {
    damaged.push({ file: manifest?.file ?? path.join(data, 'CURRENT'), what: 'does not say which files count' })
    lostUnknown = true
  }
  const newest = new Map<string, number>()

  async function take(salvaged: Salvaged): Promise<void> {
    lost.push(...salvaged.lost)
    lostUnknown ||= salvaged.lostUnknown
    let ops: Op[] = []
    for (const { key, order, value } of salvaged.entries) {
      if ((newest.get(key) ?? -1) >= order) continue
      newest.set(key, order)
      ops.push(value === undefined ? { type: 'del', key } : { type: 'put', key, value })
      if (ops.length < batch) continue
      await into.write(ops)
      ops = []
    }
    if (ops.length > 0) await into.write(ops)
  }

  for (const name of names) {
    const table = fileNumber(name, tableExtensions)
    // A table that is part of nothing is what a merge has replaced, or never finished.
    if (table === undefined || (isSure && !manifest.tables.has(table))) continue
    const file = path.join(data, name)
    const bytes = await readFile(file)
    if (!isTableIntact(bytes)) damaged.push({ file, what: 'fails its checksums' })
    await take(tableEntries(bytes, rangeOf(manifest, table)))
  }
  for (const name of names) {
    const log = fileNumber(name, ['log'])
    if (log === undefined || (isSure && log < manifest.log)) continue
    const file = path.join(data, name)
    const bytes = await readFile(file)
    const { bad, isFollowed } = scanLog(bytes)
    if (bad !== undefined && isFollowed) damaged.push({ file, what: `is damaged at byte ${bad}` })
    await take(logEntries(bytes))
  }
  if (isSure) {
    for (const table of manifest.tables.keys()) {
      if (names.some((name) => fileNumber(name, tableExtensions) === table)) continue
      damaged.push({ file: path.join(data, `${String(table).padStart(6, '0')}.ldb`), what: 'is missing' })
      lost.push(rangeOf(manifest, table) ?? { first: '', last: lastKey })
    }
    if (manifest.log > 0 && !names.some((name) => fileNumber(name, ['log']) === manifest.log)) {
      damaged.push({ file: path.join(data, `${String(manifest.log).padStart(6, '0')}.log`), what: 'is missing' })
      lostUnknown = true
    }
  }
  return { damaged, lost, lostUnknown }
}

function rangeOf(manifest: Manifest | undefined, table: number): LostRange | undefined {
  const [first, last] = manifest?.ranges.get(table) ?? []
  if (!first || !last) return undefined
  // Behind the key stands what LevelDB keeps for itself, 8 bytes.
  return { first: latin1(first.subarray(0, -8)), last: latin1(last.subarray(0, -8)) }
}
