import { armKey, type Arm } from '../choice/arm.ts'
import { versionsToChoose, withVersion } from '../skills/lane-skills.ts'
import type { Lane } from './lane-runner.ts'

/** The ways in which a lane's attempts may be worked on, its own agent first. */
export function armsOf(lane: Pick<Lane, 'agent' | 'model' | 'agents' | 'skills'>): readonly Arm[] {
  const { agent, model, agents = [], skills = [] } = lane
  const all = [{ agent, ...(model !== undefined && { model }) }, ...agents]
  const arms = all.map((one): Arm => ({ agent: one.agent.name, ...(one.model !== undefined && { model: one.model }) }))
  const versions = versionsToChoose(skills)
  // Each agent with each version: what helps one may not help another.
  const ways =
    versions.length === 0 ? arms : arms.flatMap((arm) => versions.map((version) => ({ ...arm, skills: version })))
  return [...new Map(ways.map((arm) => [armKey(arm), arm])).values()]
}

/** The lane as one of its arms works in it; as it is where that arm is not there any more. */
export function laneWith(lane: Lane, arm: Arm | undefined): Lane {
  const found = arm && lane.agents?.find((one) => one.agent.name === arm.agent && one.model === arm.model)
  const skilled = arm?.skills === undefined ? lane : { ...lane, skills: withVersion(lane.skills ?? [], arm.skills) }
  if (!found) return skilled
  const { model: _, ...rest } = skilled
  return { ...rest, ...found }
}
