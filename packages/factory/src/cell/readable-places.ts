import { lstat, realpath } from 'node:fs/promises'
import { homedir } from 'node:os'
import path from 'node:path'
import { FactoryError } from '../errors.ts'

/**
 * What a program must be able to read of the machine to run: its file, and the code that belongs to it, where that is a
 * package of Node.
 *
 * @param file - full path, without links: {@link realpath}
 */
export async function programPlaces(file: string): Promise<readonly string[]> {
  return [file, ...(await codePlaces(file))]
}

/** The folder of the packages that a file is among, or else the package that it is in; none for what is no part of one. */
export async function codePlaces(file: string): Promise<readonly string[]> {
  const parts = path.dirname(file).split(path.sep)
  const among = parts.indexOf('node_modules')
  if (among !== -1) return [parts.slice(0, among + 1).join(path.sep)]
  for (let length = parts.length; length > 1; length -= 1) {
    const folder = parts.slice(0, length).join(path.sep)
    // The home of somebody who keeps a package.json there is no package.
    if (holdsOperator(folder)) return []
    if (await lstat(path.join(folder, 'package.json')).catch(() => undefined)) return [folder]
  }
  return []
}

/** A folder of programs, and where they keep the rest of what they need. */
export function toolPlaces(folder: string): readonly string[] {
  const prefix = path.dirname(folder)
  const isTool = path.basename(folder) === 'bin' && !holdsOperator(prefix)
  return [isTool ? prefix : folder]
}

/** In the home of the operator, what is worth most to a thief. */
const secrets = ['.ssh', '.gnupg', '.aws', '.azure', '.config/gcloud', '.kube', '.docker', '.netrc', '.npmrc']
/** Sockets of the machine: whoever reaches one of them does what he likes. */
const machine = ['/run', '/var/run', '/proc', '/sys', '/dev']

/**
 * Refuses what may be in no cell, whoever asks for it: the home of the operator, keys, sockets of the machine.
 *
 * @throws FactoryError `bad_option`
 */
export async function checkReadable(places: readonly string[]): Promise<void> {
  const home = homedir()
  const never = [...machine, ...secrets.map((name) => path.join(home, name))]
  for (const named of places) {
    const place = await realpath(named).catch(() => path.resolve(named))
    if (holdsOperator(place)) throw refused(named, `it holds the home of whoever runs the floor, ${home}`)
    const found = never.find((one) => isWithin(place, one) || isWithin(one, place))
    if (found !== undefined) throw refused(named, `${found} is in no cell`)
  }
}

function refused(place: string, why: string): FactoryError {
  return new FactoryError('bad_option', `Agents may not be given ${place} to read: ${why}. Name what is needed of it.`)
}

function holdsOperator(folder: string): boolean {
  return isWithin(homedir(), folder)
}

function isWithin(place: string, folder: string): boolean {
  const relative = path.relative(folder, place)
  return relative === '' || (!relative.startsWith('..') && !path.isAbsolute(relative))
}
