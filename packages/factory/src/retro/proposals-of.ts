/** What to change in skills and mandates, by what has gone wrong again and again. Pure, and without a model. */
import { skillsFolder } from '../skills/skill.ts'
import { appendLines } from './append-diff.ts'
import type { LogQuote } from './attempt-log.ts'
import { adviceFor, type LessonKey } from './lesson.ts'
import type { Retro } from './retro-of.ts'

/** A change of the factory's own files that a person is asked about. */
export interface FileProposal {
  /** What it is about. The same one is proposed once, whatever became of it. */
  readonly ref: string
  readonly title: string
  readonly why: string
  readonly key: LessonKey
  readonly path: string
  /** The file afterwards, and how it differs. */
  readonly after: string
  readonly diff: string
  /** An attempt each. */
  readonly evidence: readonly LogQuote[]
}

/** A file that may be changed, and the attempts that went by it. */
interface Target {
  readonly name: string
  readonly path: string
  readonly retros: readonly Retro[]
}

export interface ProposalsOptions {
  readonly retros: readonly Retro[]
  /** Text of the files as the base branch has them, by path: SKILL.md of each skill, and the lanes. */
  readonly files: Readonly<Record<string, string>>
  /** Versions of the skills that the base branch has now, by name. */
  readonly versions: Readonly<Record<string, string>>
  /** Paths of the lanes' files, by the ids of their sessions. */
  readonly lanes: Readonly<Record<string, string>>
  /** Refs of proposals that were made already, open or not. */
  readonly known: ReadonlySet<string>
  /** How many may be made now. */
  readonly room: number
  /** How often the same thing must have gone wrong. Default 3. */
  readonly threshold?: number
}

const heading = '## What was learned here'
const maxEvidence = 5

/**
 * Proposals, what went wrong most often first. Of a skill only attempts count that were given the version which the base
 * branch has now: what an earlier version did is answered by the change that followed it.
 */
export function proposalsOf(options: ProposalsOptions): readonly FileProposal[] {
  const { files, known, room, threshold = 3 } = options
  const found = targetsOf(options).flatMap(({ name, path, retros }) => {
    const failed = retros.flatMap((retro) => (retro.lesson ? [{ retro, lesson: retro.lesson }] : []))
    return [...Map.groupBy(failed, ({ lesson }) => lesson.key)].flatMap(([key, own]) => {
      const line = adviceFor(key)
      const text = files[path]
      const ref = `${name}/${key}`
      if (own.length < threshold || line === undefined || text === undefined || known.has(ref)) return []
      // It is said there already, and saying it twice does not help.
      if (text.includes(line)) return []
      const { after, diff } = appendLines(path, text, [
        ...(text.includes(heading) ? [] : ['', heading, '']),
        `- ${line}`,
      ])
      const proposal: FileProposal = {
        ref,
        title: `Say it in ${name}: ${line}`.slice(0, 200),
        why: `${own.length} of ${retros.length} attempts that were given ${name} came to this (${key}).`,
        key,
        path,
        after,
        diff,
        evidence: own.slice(-maxEvidence).map(({ lesson }) => lesson.evidence[0]),
      }
      return [{ proposal, count: own.length }]
    })
  })
  return found
    .toSorted((a, b) => b.count - a.count)
    .slice(0, Math.max(0, room))
    .map(({ proposal }) => proposal)
}

/** The skills as they are now; and of attempts without a skill, the mandates of their lanes. */
function targetsOf({ retros, versions, lanes }: ProposalsOptions): readonly Target[] {
  const skills = Object.entries(versions).map(([name, version]): Target => ({
    name: `skill ${name}`,
    path: `${skillsFolder}/${name}/SKILL.md`,
    retros: retros.filter((retro) => retro.skills.includes(version)),
  }))
  const mandates = Object.entries(lanes).map(([session, path]): Target => ({
    name: `lane ${session.slice(session.lastIndexOf('/') + 1)}`,
    path,
    retros: retros.filter((retro) => retro.session === session && retro.skills.length === 0),
  }))
  return [...skills, ...mandates]
}
