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
    if (!isRecord(fields)) return empty
    const { scripts } = fields
    return { scripts: isRecord(scripts) ? strings(scripts) : {}, fields }
  } catch {
    return empty
  }
}

/** The packages that a package.json names, in whatever role. */
export function dependenciesOf(text: string | undefined): ReadonlySet<string> {
  const { fields } = readManifest(text)
  const roles = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies', 'bundledDependencies']
  return new Set(roles.flatMap((role) => Object.keys(isRecord(fields[role]) ? fields[role] : {})))
}

function strings(of: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(of).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
