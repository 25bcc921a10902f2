import { readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { integer, object, string, type Schema } from '@headrace/core'
import { FactoryError } from '../errors.ts'

/** Ports that an attempt may listen on: from the first to the last. */
export interface PortRange {
  readonly from: number
  readonly to: number
}

/** What is written down about an attempt, beside its clone and out of its reach. */
export interface AttemptRecord {
  readonly id: string
  readonly lane: string
  /** The commit that it began from. */
  readonly base: string
  /** The branch that is checked out in its clone. */
  readonly branch: string
  /** By what its processes are found. */
  readonly marker: string
  readonly ports: PortRange
  /** ISO 8601. */
  readonly createdAt: string
}

/** An attempt and where its files are. */
export interface Attempt extends AttemptRecord {
  readonly folder: string
  /** The clone: the only place of the repository that it may write to. */
  readonly clone: string
  readonly home: string
  readonly tmp: string
}

const record: Schema<AttemptRecord> = object({
  id: string({ min: 1, max: 64 }),
  lane: string({ min: 1, max: 64 }),
  base: string({ min: 40, max: 64 }),
  branch: string({ min: 1, max: 200 }),
  marker: string({ min: 1, max: 100 }),
  ports: object({ from: integer(1, 65_535), to: integer(1, 65_535) }),
  createdAt: string({ min: 1, max: 40 }),
})

/** What is written down about a quarantined attempt. */
export interface QuarantineRecord {
  readonly id: string
  readonly reason: string
  /** ISO 8601: when it was moved, and until when it can be had back. */
  readonly at: string
  readonly until: string
}

const quarantineRecord: Schema<QuarantineRecord> = object({
  id: string({ min: 1, max: 64 }),
  reason: string({ max: 2_000 }),
  at: string({ min: 1, max: 40 }),
  until: string({ min: 1, max: 40 }),
})

/** @throws FactoryError `bad_option` for an id that could be another path or another option */
export function checkAttemptId(id: string): void {
  if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(id))
    throw new FactoryError('bad_option', `"${id}" can't name an attempt: 1 to 64 of a–z, 0–9 and "-" can.`)
}

export function attemptAt(folder: string, written: AttemptRecord): Attempt {
  const place = (name: string) => path.join(folder, name)
  return { ...written, folder, clone: place('clone'), home: place('home'), tmp: place('tmp') }
}

export async function readAttempt(folder: string): Promise<Attempt | undefined> {
  const found = await readRecord(path.join(folder, 'attempt.json'), record)
  return found && attemptAt(folder, found)
}

export function writeAttempt(folder: string, written: AttemptRecord): Promise<void> {
  return writeRecord(path.join(folder, 'attempt.json'), written)
}

export function readQuarantine(folder: string): Promise<QuarantineRecord | undefined> {
  return readRecord(path.join(folder, 'quarantine.json'), quarantineRecord)
}

export function writeQuarantine(folder: string, written: QuarantineRecord): Promise<void> {
  return writeRecord(path.join(folder, 'quarantine.json'), written)
}

async function readRecord<T>(file: string, schema: Schema<T>): Promise<T | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch {
    return undefined // torn or not there: whoever asks leaves the folder alone and says so
  }
}

async function writeRecord(file: string, written: object): Promise<void> {
  await writeFile(`${file}.new`, `${JSON.stringify(written, undefined, 2)}\n`)
  await rename(`${file}.new`, file)
}
