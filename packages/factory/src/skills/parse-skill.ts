import { readYaml, type FileFault, type YamlText } from '../files/yaml-text.ts'
import type { SkillMatter } from './skill.ts'

/** The fields of the specification. Whatever else stands there is refused, as its reference validator does. */
const fields = ['name', 'description', 'license', 'compatibility', 'metadata', 'allowed-tools'] as const

export interface SkillText {
  /** Path of the SKILL.md, for what is said of it. */
  readonly file: string
  /** Name of its folder. */
  readonly folder: string
  readonly text: string
}

/** A SKILL.md that was read. */
export interface ParsedSkill {
  readonly matter: SkillMatter
  readonly body: string
  /** The line of the file at which the body begins, from 1. */
  readonly bodyLine: number
}

/**
 * Reads a SKILL.md as the Agent Skills specification has it, or says everything that is wrong with it. Every value is text,
 * so that a version 1.0 stays one.
 */
export function parseSkill({ file, folder, text }: SkillText): ParsedSkill | readonly FileFault[] {
  const lines = text.replaceAll('\r\n', '\n').split('\n')
  const end = lines.indexOf('---', 1)
  if (lines[0] !== '---' || end === -1)
    return [{ file, line: 1, column: 1, key: '', what: 'must begin with front matter between two lines "---"' }]
  const front = `${lines.slice(1, end).join('\n')}\n`
  const yaml = readYaml({ file, text: front, firstLine: 2, schema: 'failsafe' })
  if (!('value' in yaml)) return yaml
  const matter = matterOf(yaml, folder)
  if (!('name' in matter)) return matter
  return { matter, body: lines.slice(end + 1).join('\n'), bodyLine: end + 2 }
}

function matterOf(yaml: YamlText, folder: string): SkillMatter | readonly FileFault[] {
  const { value } = yaml
  const fault = (key: string, what: string): FileFault => yaml.fault(key, what)
  const faults = Object.keys(value)
    .filter((key) => !fields.some((known) => known === key))
    .map((key) => fault(key, `is no field of a skill; those are ${fields.join(', ')}`))
  const found: Partial<Record<(typeof fields)[number], string>> = {}
  const check = (key: (typeof fields)[number], what: (given: string) => string | undefined): void => {
    const given = value[key]
    if (given === undefined) return
    const wrong = typeof given === 'string' ? what(given) : 'must be text'
    if (typeof given === 'string' && wrong === undefined) found[key] = given
    else faults.push(fault(key, wrong ?? ''))
  }
  for (const key of ['name', 'description'] as const)
    if (value[key] === undefined) faults.push(fault(key, 'is missing'))
  check('name', (given) => nameFault(given, folder))
  check('description', (given) => lengthFault(given, 1_024))
  check('license', () => undefined)
  check('compatibility', (given) => lengthFault(given, 500))
  check('allowed-tools', () => undefined)
  const metadata = value['metadata'] ?? {}
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata))
    faults.push(fault('metadata', 'must be keys with texts'))
  else
    for (const [key, given] of Object.entries(metadata))
      if (typeof given !== 'string') faults.push(fault(`metadata.${key}`, 'must be text'))
  if (faults.length > 0) return faults.toSorted((a, b) => a.line - b.line || a.column - b.column)
  return {
    name: normal(found.name ?? ''),
    description: (found.description ?? '').trim(),
    ...(found.license !== undefined && { license: found.license }),
    ...(found.compatibility !== undefined && { compatibility: found.compatibility }),
    metadata: metadata as Readonly<Record<string, string>>, // every value was looked at
    ...(found['allowed-tools'] !== undefined && { allowedTools: found['allowed-tools'] }),
  }
}

/** A name as it is compared: two that look the same are the same. */
export function normal(name: string): string {
  return name.trim().normalize('NFKC')
}

/** Characters, as the specification counts them. */
export function lengthOf(text: string): number {
  return Array.from(text).length
}

function nameFault(given: string, folder: string): string | undefined {
  const name = normal(given)
  const length = lengthOf(name)
  if (length === 0) return 'must not be empty'
  if (length > 64) return `has ${length} characters; at most 64`
  if (name !== name.toLowerCase()) return 'must be in lower case'
  if (name.startsWith('-') || name.endsWith('-')) return 'must not begin or end with a hyphen'
  if (name.includes('--')) return 'must not have two hyphens in a row'
  if (!/^[\p{L}\p{N}-]+$/u.test(name)) return 'may have letters, digits and hyphens only'
  return name === normal(folder) ? undefined : `must be the name of its folder, "${folder}"`
}

function lengthFault(given: string, max: number): string | undefined {
  if (given.trim() === '') return 'must not be empty'
  const length = lengthOf(given)
  return length > max ? `has ${length} characters; at most ${max}` : undefined
}
