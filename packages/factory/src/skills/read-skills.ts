/**
 * Skills as a source holds them: `.headrace/skills/<name>/SKILL.md` and what lies beside it. Everything is checked before
 * anything is used; a skill is plain files within bounds, and nothing in it leads out of its folder.
 */
import type { FloorSource, SourceEntry } from '../files/floor-source.ts'
import type { FileFault } from '../files/yaml-text.ts'
import { modes } from '../work/tree-entries.ts'
import { hashSkill } from './hash-skill.ts'
import { referencesOf } from './links-out.ts'
import { lengthOf, normal, parseSkill } from './parse-skill.ts'
import { skillLimits, skillsFolder, type Skill, type SkillFile } from './skill.ts'

export interface ReadSkills {
  /** Those that are valid, by name. */
  readonly skills: Readonly<Record<string, Skill>>
  readonly faults: readonly FileFault[]
  /** What is allowed and may not be meant. */
  readonly notes: readonly FileFault[]
}

const advisedLines = 500

/** Reads all skills of a folder. */
export async function readSkills(source: FloorSource, folder: string = skillsFolder): Promise<ReadSkills> {
  const entries = await source.entries(folder)
  const faults: FileFault[] = []
  const notes: FileFault[] = []
  const byFolder = new Map<string, SourceEntry[]>()
  for (const entry of entries) {
    const rest = entry.path.slice(folder.length + 1)
    const slash = rest.indexOf('/')
    if (entry.path === folder) faults.push(at(folder, 'must be a folder, and no link or file'))
    // A file beside the folders, such as a README, is no skill.
    else if (slash === -1 && isPlain(entry)) continue
    else if (slash === -1) faults.push(at(entry.path, 'is no folder of its own: a skill has plain files only'))
    else {
      const name = rest.slice(0, slash)
      const known = byFolder.get(name)
      if (known) known.push(entry)
      else byFolder.set(name, [entry])
    }
  }
  if (byFolder.size > skillLimits.skills) {
    const what = `there are ${byFolder.size} skills; at most ${skillLimits.skills}`
    return { skills: {}, faults: [...faults, at(folder, what)], notes }
  }
  const skills = new Map<string, Skill>()
  const names = new Map<string, string>()
  for (const [name, own] of byFolder) {
    const place = `${folder}/${name}`
    const other = names.get(normal(name).toLowerCase())
    if (other !== undefined) {
      faults.push(at(`${place}/SKILL.md`, `is a second skill of the name that ${folder}/${other} has`, 'name'))
      continue
    }
    names.set(normal(name).toLowerCase(), name)
    const read = await readSkill(place, name, own)
    faults.push(...read.faults)
    notes.push(...read.notes)
    if (read.skill) skills.set(read.skill.name, read.skill)
  }
  return { skills: Object.fromEntries(skills), faults: faults.slice(0, 100), notes: notes.slice(0, 100) }
}

interface ReadSkill {
  readonly skill: Skill | undefined
  readonly faults: readonly FileFault[]
  readonly notes: readonly FileFault[]
}

/** One skill, from what lies in its folder. */
export async function readSkill(place: string, name: string, entries: readonly SourceEntry[]): Promise<ReadSkill> {
  const main = `${place}/SKILL.md`
  const shapes = shapeFaults(place, entries)
  if (shapes.length > 0) return { skill: undefined, faults: shapes, notes: [] }
  const files: SkillFile[] = []
  for (const entry of entries) {
    const content = await entry.content()
    const mode = entry.mode === modes.program ? modes.program : modes.file
    files.push({ path: entry.path.slice(place.length + 1), mode, content })
  }
  const text = files.find(({ path }) => path === 'SKILL.md')?.content
  if (!text) return { skill: undefined, faults: [at(main, 'is missing')], notes: [] }
  const written = textOf(text)
  if (written === undefined) return { skill: undefined, faults: [at(main, 'is no text in UTF-8')], notes: [] }
  const parsed = parseSkill({ file: main, folder: name, text: written })
  const references = referenceFaults(place, files)
  if (!('matter' in parsed)) return { skill: undefined, faults: [...parsed, ...references.faults], notes: [] }
  const lines = parsed.body.split('\n')
  const notes = [...references.notes]
  if (lines.length > advisedLines)
    notes.push(at(main, `has ${lines.length} lines; what is not always needed belongs into files beside it`))
  const runs = lines.findIndex((line) => /(^|\s)!`[^`]+`/.test(line))
  if (runs !== -1)
    notes.push(at(main, 'has a command that some agents run when they read it', '', parsed.bodyLine + runs))
  const { faults } = references
  const skill = faults.length === 0 ? { ...parsed.matter, hash: hashSkill(files), files } : undefined
  return { skill, faults, notes }
}

/** What is wrong before anything of it is read. */
function shapeFaults(place: string, entries: readonly SourceEntry[]): readonly FileFault[] {
  const { files, fileBytes, mainBytes, bytes } = skillLimits
  if (entries.length > files) return [at(place, `has ${entries.length} files; a skill has at most ${files}`)]
  const faults: FileFault[] = []
  const seen = new Map<string, string>()
  for (const entry of entries) {
    const { path } = entry
    const wrong = pathFault(path.slice(place.length + 1))
    const same = seen.get(normal(path).toLowerCase())
    seen.set(normal(path).toLowerCase(), path)
    const max = path === `${place}/SKILL.md` ? mainBytes : fileBytes
    if (wrong !== undefined) faults.push(at(path, wrong))
    else if (entry.mode === modes.link) faults.push(at(path, 'is a link: a skill has plain files only'))
    else if (!isPlain(entry)) faults.push(at(path, 'is another repository: a skill has plain files only'))
    else if (same !== undefined) faults.push(at(path, `is the same file as ${same} on some disks`))
    else if (entry.bytes > max) faults.push(at(path, `has ${entry.bytes} bytes; at most ${max}`))
  }
  const sum = entries.reduce((total, entry) => total + entry.bytes, 0)
  if (faults.length === 0 && sum > bytes) faults.push(at(place, `has ${sum} bytes; a skill has at most ${bytes}`))
  if (faults.length === 0 && !entries.some(({ path }) => path === `${place}/SKILL.md`)) {
    const near = entries.find(({ path }) => path.toLowerCase() === `${place}/skill.md`.toLowerCase())
    faults.push(at(`${place}/SKILL.md`, near ? `is missing; ${near.path} must be called SKILL.md` : 'is missing'))
  }
  return faults
}

function pathFault(path: string): string | undefined {
  if (lengthOf(path) > skillLimits.path) return `has a path of more than ${skillLimits.path} characters`
  // Control characters, what is no UTF-8, and what some disks take for a separator.
  if (/[\p{Cc}\p{Cf}\uFFFD\\:]/u.test(path)) return 'has a name that not every disk can hold'
  const parts = path.split('/')
  if (parts.some((part) => part === '' || part === '.' || part === '..')) return 'leads out of the skill'
  if (parts.some((part) => part.toLowerCase() === '.git')) return 'is part of a repository of its own'
  return undefined
}

function referenceFaults(place: string, files: readonly SkillFile[]): Pick<ReadSkill, 'faults' | 'notes'> {
  const faults: FileFault[] = []
  const notes: FileFault[] = []
  const paths = files.map(({ path }) => path)
  for (const { path, content } of files) {
    const text = path.toLowerCase().endsWith('.md') ? textOf(content) : undefined
    for (const { line, target, leads } of text === undefined ? [] : referencesOf(text, path)) {
      const file = `${place}/${path}`
      if ('out' in leads) faults.push(at(file, `refers to ${target.slice(0, 200)}: ${leads.out}`, '', line))
      else if (!paths.some((other) => other === leads.to || other.startsWith(`${leads.to}/`)))
        notes.push(at(file, `refers to ${leads.to.slice(0, 200)}, which is not in the skill`, '', line))
    }
  }
  return { faults, notes }
}

function isPlain({ mode }: SourceEntry): boolean {
  return mode === modes.file || mode === modes.program
}

function textOf(content: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content)
  } catch {
    return undefined
  }
}

function at(file: string, what: string, key = '', line = 1): FileFault {
  return { file, line, column: 1, key, what }
}
