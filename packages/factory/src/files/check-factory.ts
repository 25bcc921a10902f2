import { builtInGuards } from '../guards/run-guards.ts'
import type { SkillTrial } from '../skills/lane-skills.ts'
import { readSkill, readSkills } from '../skills/read-skills.ts'
import { skillsFolder, type Skill } from '../skills/skill.ts'
import { boundaryGuardName } from '../surfaces/boundary-guard.ts'
import { parseSurfacesFile, surfacesPath, type PluginSurfaces } from '../surfaces/surfaces-file.ts'
import { factoryPath, parseFactoryFile, type FactoryFile } from './factory-file.ts'
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

/** Reads all files of a factory and says everything that is wrong with them, by file, line and key. */
export async function checkFactory(source: FloorSource): Promise<FactoryCheck> {
  const text = await source.read(factoryPath)
  if (text === undefined) return only(at(factoryPath, 'is not there; `headrace factory init` writes one'))
  const factory = parseFactoryFile(text)
  if (!('base' in factory)) return { floor: undefined, faults: factory, notes: [] }
  const files = (await source.list(factory.lanes)).filter((file) => file.endsWith('.md'))
  if (files.length === 0) return only(at(factoryPath, `there is no lane in ${factory.lanes}`, 'lanes'))
  if (files.length > maxLanes)
    return only(at(factoryPath, `there are ${files.length} lanes; at most ${maxLanes}`, 'lanes'))

  const { skills, ...read } = await readSkills(source)
  const faults: FileFault[] = [...read.faults]
  const notes: FileFault[] = [...read.notes]
  const lanes: LaneFile[] = []
  // Their guards have names that only their packages know.
  const hasPlugins = factory.plugins.length > 0
  for (const file of files) {
    const written = await source.read(file)
    const lane =
      written === undefined ? [at(file, 'is no plain file of at most 256 KiB')] : parseLaneFile(written, file)
    if (!('mandate' in lane)) {
      faults.push(...lane)
      continue
    }
    lanes.push(lane)
    const named = [['agent', lane.agent] as const, ...lane.agents.map((other) => ['agents', other] as const)]
    for (const [key, agent] of named) {
      if (Object.hasOwn(factory.agents, agent)) continue
      const known = Object.keys(factory.agents).join(', ') || 'none'
      const what = `names the agent "${agent}", which ${factoryPath} does not have (${known})`
      faults.push(at(file, what, key, lineOf(written, key)))
    }
    faults.push(...skillFaults(lane, file, { written: written ?? '', skills, broken: read.faults }))
    notes.push(...laneNotes(lane, file, written ?? ''))
    if (!factory.models && lane.network !== 'open' && factory.agents[lane.agent]?.profile !== undefined) {
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
  ;(hasPlugins ? notes : faults).push(...guardFaults(factory.guards, factoryPath, { text, hasPlugins }))
  const surfacesText = await source.read(surfacesPath)
  const surfaces = surfacesText === undefined ? undefined : parseSurfacesFile(surfacesText)
  if (surfaces && !('core' in surfaces)) faults.push(...surfaces)
  const attended = lanes.filter(({ oversight }) => oversight !== 'unattended' && oversight !== 'merge').length
  if (attended > factory.attention) {
    const what = `${attended} lanes may need a person, and at most ${factory.attention} at a time: the others will wait`
    notes.push(at(factoryPath, what, 'attention', lineOf(text, 'attention')))
  }
  const named = surfaces && 'core' in surfaces ? surfaces : undefined
  const { trials, ...tried } = await readTrials(source, factory, { text, skills })
  faults.push(...tried.faults)
  const { commit } = source
  const floor = { factory, lanes, surfaces: named, skills, trials, ...(commit !== undefined && { commit }) }
  return { floor: faults.length === 0 ? floor : undefined, faults, notes }
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

function only(fault: FileFault): FactoryCheck {
  return { floor: undefined, faults: [fault], notes: [] }
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
