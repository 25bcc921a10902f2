import type { Vault } from '../clones/open-vault.ts'
import { FactoryError } from '../errors.ts'
import { commitSource } from '../files/floor-source.ts'
import { faultInWords } from '../files/yaml-text.ts'
import { readSkill } from './read-skills.ts'
import { skillsFolder, versionOf, type Skill, type SkillPin } from './skill.ts'

/** A skill in a commit; with a hash that very version. */
export interface SkillAt extends Pick<SkillPin, 'name' | 'commit'> {
  readonly hash?: string
}

/**
 * The very version that was pinned, out of the objects of the trusted repository: wherever the base branch is by now, and
 * whatever lies in a clone.
 *
 * @throws FactoryError `skill_invalid` where it is not what was pinned
 */
export async function loadSkill(vault: Pick<Vault, 'git'>, pin: SkillAt): Promise<Skill> {
  const { name, hash, commit } = pin
  const place = `${skillsFolder}/${name}`
  const source = await commitSource(vault, commit)
  const entries = await source.entries(place)
  if (entries.length === 0)
    throw new FactoryError('skill_invalid', `There is no skill ${name} in the commit ${commit}.`)
  const { skill, faults } = await readSkill(place, name, entries)
  if (skill && (hash === undefined || skill.hash === hash)) return skill
  const called = hash === undefined ? name : versionOf({ name, hash })
  const found = skill ? `${versionOf(skill)} stands there` : 'it is not valid there'
  throw new FactoryError('skill_invalid', `The skill ${called} can't be had from ${commit}: ${found}.`, {
    evidence: faults.slice(0, 20).map(faultInWords),
  })
}
