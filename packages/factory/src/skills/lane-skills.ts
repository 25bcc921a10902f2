/** Which versions of which skills an attempt is given. Pure: the same task and lane give the same versions. */
import { createHash } from 'node:crypto'
import { versionOf, type SkillPin } from './skill.ts'

/** A skill of a lane. */
export interface LaneSkill {
  readonly name: string
  /** As the base branch has it now. */
  readonly pin: SkillPin
  /** An earlier version that it is compared with. */
  readonly trial?: SkillTrial
  /** Which of the two an attempt is given, where that was chosen already. */
  readonly chosen?: 'now' | 'against'
}

/** Two versions of a skill that are compared: each task is given one of them. */
export interface SkillTrial {
  readonly against: SkillPin
  /** Which part of the tasks is given the other version, in percent. */
  readonly share: number
  /** `reward`: an attempt is given what attempts with each were worth, in place of the share. Default `chance`. */
  readonly choose?: 'chance' | 'reward'
}

/** What stands in the session of a lane: what an attempt was given, and in which comparison. */
export interface GivenSkill {
  readonly name: string
  /** As in `test-fixer@3f2a9c01b7de`. */
  readonly version: string
  readonly hash: string
  readonly commit: string
  /** Both versions, where they are compared. */
  readonly trial?: readonly [string, string]
}

/** Chooses between the versions of a skill for a task. */
export type ChooseVersion = (task: string, name: string, trial: SkillTrial) => 'now' | 'against'

/**
 * Chance, but the same for the same task and skill: all attempts of a task are given one version, so that what one attempt
 * learned is not taken for the worth of another version.
 */
export const assignVersion: ChooseVersion = (task, name, { against, share }) => {
  const digest = createHash('sha256').update(`${task}\n${name}\n${against.hash}`).digest()
  return digest.readUInt32BE(0) % 10_000 < share * 100 ? 'against' : 'now'
}

/** What an attempt of a task is given. */
export function skillsFor(
  task: string,
  skills: readonly LaneSkill[],
  choose: ChooseVersion = assignVersion,
): readonly GivenSkill[] {
  return skills.map(({ name, pin, trial, chosen }) => {
    // A comparison of a version with itself is over.
    const isCompared = trial && trial.against.hash !== pin.hash
    const { hash, commit } = isCompared && (chosen ?? choose(task, name, trial)) === 'against' ? trial.against : pin
    return {
      name,
      version: versionOf({ name, hash }),
      hash,
      commit,
      ...(isCompared && { trial: [versionOf(pin), versionOf(trial.against)] as const }),
    }
  })
}

/** The versions of the skill among which is chosen by reward: of the first that is compared so. None where there is no such. */
export function versionsToChoose(skills: readonly LaneSkill[]): readonly string[] {
  const { pin, trial } = skills.find((skill) => isByReward(skill)) ?? {}
  return pin && trial ? [versionOf(pin), versionOf(trial.against)] : []
}

/** The same skills with the version that was chosen. */
export function withVersion(skills: readonly LaneSkill[], version: string): readonly LaneSkill[] {
  const at = skills.findIndex((skill) => isByReward(skill))
  return skills.map((skill, index) => {
    if (index !== at || !skill.trial) return skill
    return { ...skill, chosen: version === versionOf(skill.trial.against) ? 'against' : 'now' }
  })
}

function isByReward({ pin, trial }: LaneSkill): boolean {
  return trial?.choose === 'reward' && trial.against.hash !== pin.hash
}
