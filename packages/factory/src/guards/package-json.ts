import { isTable, tableAt } from './tables.ts'

/** What matters to guards in a package.json, read as data that may have any form. */
interface Manifest {
  readonly scripts: Readonly<Record<string, string>>
  readonly fields: Readonly<Record<string, unknown>>
}

export function readManifest(text: string | undefined): Manifest {
  const empty = { scripts: {}, fields: {} }
  if (text === undefined) return empty
  try {
    const fields: unknown = JSON.parse(text)
    return isTable(fields) ? { scripts: strings(tableAt(fields, 'scripts')), fields } : empty
  } catch {
    return empty
  }
}

/** The packages that a package.json names, in whatever role. */
export function dependenciesOf(text: string | undefined): ReadonlySet<string> {
  const { fields } = readManifest(text)
  const roles = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies', 'bundledDependencies']
  return new Set(roles.flatMap((role) => Object.keys(tableAt(fields, role))))
}

function strings(of: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(of).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}
