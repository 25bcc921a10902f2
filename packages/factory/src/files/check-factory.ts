import { builtInGuards } from '../guards/run-guards.ts'
import type { SkillTrial } from '../skills/lane-skills.ts'
import { readSkill, readSkills } from '../skills/read-skills.ts'
import { skillsFolder, type Skill } from '../skills/skill.ts'
import { boundaryGuardName } from '../surfaces/boundary-guard.ts'
import { parseSurfacesFile, surfacesPath, type PluginSurfaces } from '../surfaces/surfaces-file.ts'
import {
  factoryPath,
  outlineFactoryFile,
  parseFactoryFile,
  type FactoryFile,
  type FactoryOutline,
} from './factory-file.ts'
import type { FloorSource } from './floor-source.ts'
import { parseLaneFile, type LaneFile } from './lane-file.ts'
import type { FileFault } from './yaml-text.ts'

/** A floor as its files say. */
export interface FloorFiles {
  readonly factory: FactoryFile
  readonly lanes: readonly LaneFile[]
  /** `.headrace/plugins.yaml`, where there is one. */
  readonly surfaces: PluginSurfaces | undefined
  /** By name. */
  readonly skills: Readonly<Record<string, Skill>>
  /** By the name of the skill; none where nothing says what was there before. */
  readonly trials: Readonly<Record<string, SkillTrial>>
  /** The commit that all of it was read from, where it was one. */
  readonly commit?: string
}

/** What was found in the files of a factory. `floor` is there when nothing is wrong. */
export interface FactoryCheck {
  readonly floor: FloorFiles | undefined
  readonly faults: readonly FileFault[]
  /** What is allowed and may not be meant. */
  readonly notes: readonly FileFault[]
}

const maxLanes = 50

/**
 * Reads all files of a factory and says everything that is wrong with them, by file, line and key. What is wrong in one
 * hides nothing of another: only what can't be said without it waits.
 */
export async function checkFactory(source: FloorSource): Promise<FactoryCheck> {
  const text = await source.read(factoryPath)
  const found = readFactory(text)
  const { factory, outline } = found
  const based = await lookForBase(source, outline.base, text)
  const faults: FileFault[] = [...found.faults, ...based.faults]
  const notes: FileFault[] = [...based.notes]
  const { skills, ...read } = await readSkills(source)
  faults.push(...read.faults)
  notes.push(...read.notes)
  const files = (await source.list(outline.lanes)).filter((file) => file.endsWith('.md'))
  if (files.length === 0 && text !== undefined)
    faults.push(at(factoryPath, `there is no lane in ${outline.lanes}`, 'lanes', lineOf(text, 'lanes')))
  if (files.length > maxLanes)
    faults.push(at(factoryPath, `there are ${files.length} lanes; at most ${maxLanes}`, 'lanes'))

  const lanes: LaneFile[] = []
  // Their guards have names that only their packages know.
  const { hasPlugins } = outline
  for (const file of files.slice(0, maxLanes)) {
    const written = await source.read(file)
    const lane =
      written === undefined ? [at(file, 'is no plain file of at most 256 KiB')] : parseLaneFile(written, file)
    if (!('mandate' in lane)) {
      faults.push(...lane)
      continue
    }
    lanes.push(lane)
    faults.push(...agentFaults(lane, file, { written: written ?? '', agents: outline.agents }))
    faults.push(...skillFaults(lane, file, { written: written ?? '', skills, broken: read.faults }))
    notes.push(...laneNotes(lane, file, written ?? ''))
    if (factory && !factory.models && lane.network !== 'open' && factory.agents[lane.agent]?.profile !== undefined) {
      const what = `${factoryPath} has no \`models\`, so in the sandbox its agent reaches none`
      notes.push(at(file, what, 'network', lineOf(written, 'network')))
    }
    if (lane.kind === 'horizon' && lane.oversight !== 'observe' && lane.oversight !== 'propose') {
      const what = 'a horizon lane only reads and proposes: observe or propose'
      faults.push(at(file, what, 'oversight', lineOf(written, 'oversight')))
    }
    if (lane.bestOf > 1 && (lane.oversight === 'observe' || lane.oversight === 'propose')) {
      const what = `the gate judges nothing in a lane with ${lane.oversight}, so there is no best of several tries: leave it out`
      faults.push(at(file, what, 'bestOf', lineOf(written ?? '', 'bestOf')))
    }
    ;(hasPlugins ? notes : faults).push(...guardFaults(lane.guards, file, { text: written ?? '', hasPlugins }))
  }
  const surfacesText = await source.read(surfacesPath)
  const surfaces = surfacesText === undefined ? undefined : parseSurfacesFile(surfacesText)
  if (surfaces && !('core' in surfaces)) faults.push(...surfaces)
  const named = surfaces && 'core' in surfaces ? surfaces : undefined
  if (!factory) return { floor: undefined, faults, notes }

  ;(hasPlugins ? notes : faults).push(...guardFaults(factory.guards, factoryPath, { text: text ?? '', hasPlugins }))
  const attended = lanes.filter(({ oversight }) => oversight !== 'unattended' && oversight !== 'merge').length
  if (attended > factory.attention) {
    const what = `${attended} lanes may need a person, and at most ${factory.attention} at a time: the others will wait`
    notes.push(at(factoryPath, what, 'attention', lineOf(text, 'attention')))
  }
  const { trials, ...tried } = await readTrials(source, factory, { text: text ?? '', skills })
  faults.push(...tried.faults)
  const { commit } = source
  const floor = { factory, lanes, surfaces: named, skills, trials, ...(commit !== undefined && { commit }) }
  return { floor: faults.length === 0 ? floor : undefined, faults, notes }
}

interface ReadFactory {
  /** Where nothing is wrong in it. */
  readonly factory: FactoryFile | undefined
  readonly outline: FactoryOutline
  readonly faults: readonly FileFault[]
}

function readFactory(text: string | undefined): ReadFactory {
  if (text === undefined) {
    const fault = at(factoryPath, 'is not there; `headrace factory init` writes one')
    // Nothing can be said of what it would have named.
    const outline = { base: undefined, lanes: outlineFactoryFile('').lanes, agents: undefined, hasPlugins: true }
    return { factory: undefined, outline, faults: [fault] }
  }
  const factory = parseFactoryFile(text)
  const outline = outlineFactoryFile(text)
  return 'base' in factory ? { factory, outline, faults: [] } : { factory: undefined, outline, faults: factory }
}

/** A floor can't open on a branch that is not there; before a first commit there is none, and nothing is wrong. */
async function lookForBase(
  source: FloorSource,
  base: string | undefined,
  text: string | undefined,
): Promise<Pick<FactoryCheck, 'faults' | 'notes'>> {
  if (base === undefined || !source.branches) return { faults: [], notes: [] }
  const branches = await source.branches()
  if (branches?.includes(base) === true) return { faults: [], notes: [] }
  const say = (what: string): readonly FileFault[] => [at(factoryPath, what, 'base', lineOf(text, 'base'))]
  if (!branches) {
    const faults = say('these files are not in the top folder of a git repository, where a floor reads them')
    return { faults, notes: [] }
  }
  if (branches.length === 0)
    return { faults: [], notes: say(`the branch "${base}" begins with a first commit: commit these files to it`) }
  return { faults: say(`there is no branch "${base}" in this repository (${someOf(branches)})`), notes: [] }
}

function someOf(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ')
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown
}

function agentFaults(
  lane: LaneFile,
  file: string,
  { written, agents }: { readonly written: string; readonly agents: readonly string[] | undefined },
): readonly FileFault[] {
  if (!agents) return []
  const known = agents.join(', ') || 'none'
  return [['agent', lane.agent] as const, ...lane.agents.map((other) => ['agents', other] as const)]
    .filter(([, agent]) => !agents.includes(agent))
    .map(([key, agent]) => {
      const what = `names the agent "${agent}", which ${factoryPath} does not have (${known})`
      return at(file, what, key, lineOf(written, key))
    })
}

/** The other versions of skills that are compared, out of the history of what is read. */
async function readTrials(
  source: FloorSource,
  factory: FactoryFile,
  { text, skills }: { readonly text: string; readonly skills: Readonly<Record<string, Skill>> },
): Promise<{ readonly trials: Readonly<Record<string, SkillTrial>>; readonly faults: readonly FileFault[] }> {
  const trials: Record<string, SkillTrial> = {}
  const faults: FileFault[] = []
  for (const [name, { against, share, choose }] of Object.entries(factory.trials)) {
    const wrong = (what: string): number => faults.push(at(factoryPath, what, `trials.${name}`, lineOf(text, name)))
    if (!Object.hasOwn(skills, name)) {
      wrong(`there is no skill "${name}" in ${skillsFolder}`)
      continue
    }
    // A folder has no history to look it up in.
    if (!source.at) continue
    const earlier = await source.at(against)
    if (!earlier) {
      wrong(`${against} is no commit of the base branch's history`)
      continue
    }
    const place = `${skillsFolder}/${name}`
    const { skill } = await readSkill(place, name, await earlier.entries(place))
    if (skill) trials[name] = { against: { name, hash: skill.hash, commit: against }, share, choose }
    else wrong(`has no valid version in ${against}`)
  }
  return { trials, faults }
}

interface KnownSkills {
  readonly written: string
  readonly skills: Readonly<Record<string, Skill>>
  /** What is wrong with others: they are there, and said already. */
  readonly broken: readonly FileFault[]
}

function skillFaults(lane: LaneFile, file: string, { written, skills, broken }: KnownSkills): readonly FileFault[] {
  return lane.skills.flatMap((name, index) => {
    const key = `skills[${index}]`
    const line = lineOf(written, 'skills')
    if (lane.skills.indexOf(name) !== index) return [at(file, `names the skill "${name}" twice`, key, line)]
    if (Object.hasOwn(skills, name)) return []
    if (broken.some((fault) => fault.file.startsWith(`${skillsFolder}/${name}/`))) return []
    const known = Object.keys(skills).join(', ') || 'none'
    return [at(file, `names the skill "${name}", which ${skillsFolder} does not have (${known})`, key, line)]
  })
}

function laneNotes(lane: LaneFile, file: string, text: string): readonly FileFault[] {
  const merges = lane.oversight === 'merge' || lane.oversight === 'unattended'
  const notes: FileFault[] = []
  if (merges && lane.allowed.length === 0)
    notes.push(
      at(
        file,
        'merges by itself and may change everything: say what with `allowed`',
        'oversight',
        lineOf(text, 'oversight'),
      ),
    )
  if (lane.network === 'open')
    notes.push(at(file, 'its agents reach the whole network', 'network', lineOf(text, 'network')))
  return notes
}

function guardFaults(
  guards: Readonly<Record<string, string>>,
  file: string,
  { text, hasPlugins }: { readonly text: string; readonly hasPlugins: boolean },
): readonly FileFault[] {
  const known = [...builtInGuards.map(({ name }) => name), boundaryGuardName]
  const what = hasPlugins
    ? 'is no guard that comes with the factory, so one of a plugin must have this name'
    : `there is no such guard; known are ${known.join(', ')}`
  return Object.keys(guards)
    .filter((name) => !known.includes(name))
    .map((name) => at(file, what, `guards.${name}`, lineOf(text, name)))
}

function at(file: string, what: string, key = '', line = 1): FileFault {
  return { file, line, column: 1, key, what }
}

/** The line of a key that was read already. */
function lineOf(text: string | undefined, key: string): number {
  const lines = (text ?? '').split('\n')
  return (
    Math.max(
      0,
      lines.findIndex((line) => line.trim().startsWith(`${key}:`)),
    ) + 1
  )
}
