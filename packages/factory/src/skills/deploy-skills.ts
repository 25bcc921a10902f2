import { lstat, mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Skill } from './skill.ts'

/** In which form an agent reads skills. */
export type SkillForm =
  /** Folders of skills in its home, which it finds by itself. */
  | { readonly kind: 'folder'; readonly folder: string }
  /** It knows no skills: it is told of them in the words of a section of an AGENTS.md, with the place of each. */
  | { readonly kind: 'section' }

/** Where skills stand for an agent without a folder of its own for them, in its home. */
export const plainSkillsFolder = '.agents/skills'

/** A skill as an agent finds it. */
export interface DeployedSkill {
  readonly name: string
  readonly description: string
  /** Full path of its SKILL.md. */
  readonly file: string
}

/**
 * Writes skills into the home of an attempt, in place of all that stood there before. Only while nothing of the attempt runs.
 * The home lies outside of the clone, so that nothing of them is in the work.
 */
export async function deploySkills(
  home: string,
  form: SkillForm,
  skills: readonly Skill[],
): Promise<readonly DeployedSkill[]> {
  const parts = (form.kind === 'folder' ? form.folder : plainSkillsFolder).split('/')
  const folder = path.join(home, ...parts)
  if (skills.length === 0 && !(await lstat(folder).catch(() => undefined))) return []
  // The agent may have put a link there in an earlier round, and we would write wherever it leads.
  for (const [index] of parts.entries()) {
    const place = path.join(home, ...parts.slice(0, index + 1))
    const found = await lstat(place).catch(() => undefined)
    if (found && !found.isDirectory()) await rm(place, { force: true })
    if (!found?.isDirectory()) await mkdir(place, { mode: 0o700 })
  }
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { mode: 0o700 })
  for (const { name, files } of skills) {
    for (const { path: file, mode, content } of files) {
      const place = path.join(folder, name, file)
      await mkdir(path.dirname(place), { recursive: true, mode: 0o700 })
      await writeFile(place, content, { flag: 'wx', mode: mode === '100755' ? 0o700 : 0o600 })
    }
  }
  return skills.map(({ name, description }) => ({ name, description, file: path.join(folder, name, 'SKILL.md') }))
}
