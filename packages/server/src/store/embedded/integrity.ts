/**
 * Checks a database before LevelDB opens it, for damage that LevelDB passes over in silence.
 *
 * Logs. LevelDB drops a damaged record and the rest of its 32 KiB block, and goes on: acknowledged events would be gone. A
 * log may end in a torn record: a write that was under way when the process or the machine stopped, and that nobody was
 * told of. Every write is synced before the next one begins, so a bad record with a good one behind it was on disk once:
 * that is damage. What this can't tell from a torn record is damage to the very last one.
 *
 * Tables. LevelDB looks whether they exist. Here sizes are compared, and of the newest tables all checksums: those are the
 * ones that a power cut can have hit, and reading all of a large database would keep a server from starting.
 *
 * Manifest. One that lost its end names a log that is deleted since. One that is damaged before its end is taken for one
 * that ends there when the damage is in a length: the tables behind it would be forgotten, and deleted.
 */
import { readFile, readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { HeadraceError } from '@headrace/core'
import { scanLog } from './level-log.ts'
import { fileNumber, readManifest, tableExtensions } from './manifest.ts'
import { isTableIntact } from './table-check.ts'

interface Damage {
  readonly file: string
  readonly what: string
}

export interface IntegrityOptions {
  /** Most bytes of tables whose checksums are looked at. */
  readonly verifyBytes: number
  /** Numbers of tables that were looked at before: tables never change. */
  readonly verified: Set<number>
  /** Whether another process seems to hold the directory. */
  readonly isHeld: () => Promise<boolean>
}

/** @throws HeadraceError `store_corrupt` naming the file */
export async function assertIntact(data: string, options: IntegrityOptions): Promise<void> {
  let damage = await findDamage(data, options)
  // A server that holds the directory changes the files between two looks: then one of them finds nothing, and LevelDB's
  // lock has the word.
  for (let look = 1; damage !== undefined && look < ((await options.isHeld()) ? 20 : 3); look += 1) {
    await wait(look)
    damage = await findDamage(data, options)
  }
  if (damage === undefined) return
  throw new HeadraceError(
    'store_corrupt',
    `${damage.file} ${damage.what}; opening the database would lose acknowledged events. Restore the data directory ` +
      'from a backup, copy what is whole with salvageStore, or accept the loss with acceptDamage.',
    { detail: { file: damage.file } },
  )
}

async function findDamage(data: string, options: IntegrityOptions): Promise<Damage | undefined> {
  return (await findLogDamage(data)) ?? findTableDamage(data, options)
}

async function findLogDamage(data: string): Promise<Damage | undefined> {
  const names = await readdir(data).catch(() => [])
  let torn: Damage | undefined
  for (const name of names.filter((entry) => entry.endsWith('.log')).sort()) {
    const file = path.join(data, name)
    const scan = scanLog(await readLog(file))
    // A log is begun when the one before it is whole.
    if (torn !== undefined && scan.hasRecords) return torn
    if (scan.bad !== undefined) torn = { file, what: `is damaged at byte ${scan.bad}` }
    if (scan.isFollowed) return torn
  }
  return undefined
}

/** Empty when it is gone: a server that holds the directory deletes logs as it goes. */
async function readLog(file: string): Promise<Uint8Array> {
  return readFile(file).catch((thrown: unknown) => {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return new Uint8Array()
    throw thrown
  })
}

async function findTableDamage(data: string, options: IntegrityOptions): Promise<Damage | undefined> {
  const manifest = await readManifest(data)
  if (manifest === undefined) return undefined
  if (manifest.damagedAt !== undefined) {
    return { file: manifest.file, what: `is damaged at byte ${manifest.damagedAt}` }
  }
  const names = await readdir(data)
  if (manifest.log > 0 && !names.some((name) => fileNumber(name, ['log']) === manifest.log)) {
    return { file: path.join(data, `${String(manifest.log).padStart(6, '0')}.log`), what: 'is missing' }
  }
  let bytesLeft = options.verifyBytes
  for (const { name, table } of tablesNewestFirst(names)) {
    const expected = manifest.tables.get(table)
    if (expected === undefined) continue
    const file = path.join(data, name)
    const size = await stat(file).then(
      (found) => found.size,
      () => undefined,
    )
    if (size === undefined) return { file, what: 'is missing' }
    if (size !== expected) return { file, what: `has ${size} bytes and should have ${expected}` }
    if (bytesLeft < size || options.verified.has(table)) continue
    bytesLeft -= size
    if (!isTableIntact(await readFile(file).catch(() => new Uint8Array()))) return { file, what: 'fails its checksums' }
    options.verified.add(table)
  }
  return undefined
}

function tablesNewestFirst(names: readonly string[]): { readonly name: string; readonly table: number }[] {
  return names
    .flatMap((name) => {
      const table = fileNumber(name, tableExtensions)
      return table === undefined ? [] : [{ name, table }]
    })
    .sort((a, b) => b.table - a.table)
}
