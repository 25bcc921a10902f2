/** A skill: a folder with a SKILL.md, as the Agent Skills specification has it. */

/** A file of a skill. */
export interface SkillFile {
  /** Path in the folder of the skill. */
  readonly path: string
  readonly mode: '100644' | '100755'
  readonly content: Uint8Array
}

/** What the front matter of a SKILL.md says. */
export interface SkillMatter {
  /** Lower-case letters, digits and single hyphens; the same as its folder. */
  readonly name: string
  /** What it does, and when it is of use: what an agent chooses it by. */
  readonly description: string
  readonly license?: string
  /** What it needs of its surroundings, in words. */
  readonly compatibility?: string
  readonly metadata: Readonly<Record<string, string>>
  /** Tools that it may use, separated by blanks. Nothing here goes by it: what an agent may do its lane says. */
  readonly allowedTools?: string
}

/** A skill that was read and is valid. */
export interface Skill extends SkillMatter {
  /** SHA-256 of all its files, their modes and paths, in hex: the same content has the same hash wherever it came from. */
  readonly hash: string
  /** Sorted by path. */
  readonly files: readonly SkillFile[]
}

/** Where a version of a skill stands: in a commit of the base branch's history. */
export interface SkillPin {
  readonly name: string
  readonly hash: string
  readonly commit: string
}

/** Where skills are kept in a repository. */
export const skillsFolder = '.headrace/skills'

/** What a skill may have at most. */
export const skillLimits = {
  skills: 100,
  files: 100,
  /** Bytes of one file. */
  fileBytes: 262_144,
  /** Bytes of SKILL.md. */
  mainBytes: 65_536,
  /** Bytes of all its files. */
  bytes: 1_048_576,
  /** Characters of a path. */
  path: 200,
} as const

/** How a version is called: `test-fixer@3f2a9c01b7de`. */
export function versionOf({ name, hash }: Pick<SkillPin, 'name' | 'hash'>): string {
  return `${name}@${hash.slice(0, 12)}`
}
