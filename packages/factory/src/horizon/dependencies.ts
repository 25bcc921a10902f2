import { gt, major, minVersion, satisfies, valid, validRange } from 'semver'
import type { Evidence, Proposal } from './proposal.ts'
import { digest, named } from './proposal.ts'
import { triage } from './triage.ts'

/** A `package.json` of the base branch. */
export interface Manifest {
  readonly path: string
  readonly text: string
}

/** What a registry says of a package. */
export interface PackageNews {
  readonly latest: string
  /** What its makers say of versions that nobody should use any more, by version. */
  readonly deprecated: Readonly<Record<string, string>>
}

interface Use {
  readonly path: string
  readonly range: string
}

const roles = ['dependencies', 'optionalDependencies', 'peerDependencies', 'devDependencies'] as const
const unsafe = /\b(?:security|vulnerab\w*|CVE-\d+|malicious|unsafe)\b/i

/** The packages that manifests need from outside, with who needs which versions. */
export function usedPackages(manifests: readonly Manifest[]): ReadonlyMap<string, readonly Use[]> {
  const read = manifests.map(({ path, text }) => ({ path, fields: fieldsOf(text) }))
  const own = new Set(read.map(({ fields }) => fields['name']))
  const uses = new Map<string, Use[]>()
  for (const { path, fields } of read) {
    for (const role of roles) {
      for (const [name, range] of Object.entries(record(fields[role]))) {
        if (typeof range !== 'string' || own.has(name) || validRange(range) === null) continue
        uses.set(name, [...(uses.get(name) ?? []), { path, range }])
      }
    }
  }
  return uses
}

/** What is out of range by now, or given up by its makers. Pure; a package without news is left out. */
export function dependencyProposals(
  manifests: readonly Manifest[],
  news: Readonly<Record<string, PackageNews>>,
): readonly Proposal[] {
  return [...usedPackages(manifests)].flatMap(([name, uses]) => {
    const known = Object.hasOwn(news, name) ? news[name] : undefined
    const proposal = known && aboutPackage(name, uses, known)
    return proposal ? [proposal] : []
  })
}

function aboutPackage(name: string, uses: readonly Use[], { latest, deprecated }: PackageNews): Proposal | undefined {
  if (valid(latest) === null) return undefined
  const behind = uses.filter(({ range }) => !satisfies(latest, range) && (minVersion(range)?.compare(latest) ?? 0) < 0)
  const given = uses.flatMap((use) => {
    const [version] = Object.keys(deprecated)
      .filter((one) => valid(one) !== null && satisfies(one, use.range))
      .toSorted((a, b) => (gt(a, b) ? -1 : 1))
    // What is installed is mostly the newest that fits.
    const newest = newestIn(use.range, [...Object.keys(deprecated), latest])
    return version !== undefined && version === newest ? [{ ...use, version, said: deprecated[version] ?? '' }] : []
  })
  if (behind.length === 0 && given.length === 0) return undefined
  const from = Math.min(...uses.map(({ range }) => minVersion(range)?.major ?? Infinity))
  const to = major(latest)
  const isUnsafe = given.some(({ said }) => unsafe.test(said))
  const evidence: readonly Evidence[] = [
    ...uses.map(({ path, range }) => ({ where: path, what: `needs ${name} ${range}` })),
    { where: `npm ${name}`, what: `the newest version is ${latest}` },
    ...given.map(({ version, said }) => ({ where: `npm ${name}@${version}`, what: 'is deprecated', quote: said })),
  ]
  return {
    // A major version that was rejected does not come back, and the next one is another question.
    signature: { source: 'dependencies', subject: `${name}@${to}`, parts: given.map(({ said }) => digest(said)) },
    title: `Take ${name} ${latest}`,
    why:
      given.length > 0
        ? `The version of ${named(name)} that is used is deprecated by its makers.`
        : `${named(name)} is at ${latest}, and the repository does not take it.`,
    kind: 'ci',
    priority: triage({ isUnsafe, isGivenUp: given.length > 0, majors: Math.max(0, to - from) }),
    evidence,
    acceptance: [`${behind.length > 0 ? 'Every' : 'A'} package.json takes ${name} ${latest}, and the gate is green.`],
  }
}

function newestIn(range: string, versions: readonly string[]): string | undefined {
  return versions
    .filter((one) => valid(one) !== null && satisfies(one, range))
    .toSorted((a, b) => (gt(a, b) ? -1 : 1))[0]
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    return record(JSON.parse(text))
  } catch {
    return {} // one that is no JSON is the gate's to find
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {} // read as data
}
