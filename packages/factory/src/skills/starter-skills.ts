import { fileURLToPath } from 'node:url'
import { FactoryError } from '../errors.ts'
import { folderSource } from '../files/floor-source.ts'
import { faultInWords } from '../files/yaml-text.ts'
import { readSkills } from './read-skills.ts'
import type { Skill } from './skill.ts'

/** Beside sources and built files alike. */
const folder = fileURLToPath(new URL('../..', import.meta.url))

/** The skills that come with the factory, by name: for the lanes that `init` writes. */
export async function starterSkills(): Promise<Readonly<Record<string, Skill>>> {
  const { skills, faults } = await readSkills(folderSource(folder), 'skills')
  if (faults.length === 0) return skills
  throw new FactoryError('skill_invalid', 'The skills that come with the factory are damaged; install it again.', {
    evidence: faults.map(faultInWords),
  })
}
