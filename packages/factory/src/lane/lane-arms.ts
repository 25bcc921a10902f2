import { armKey, type Arm } from '../choice/arm.ts'
import type { Lane } from './lane-runner.ts'

/** The ways in which a lane's attempts may be worked on, its own agent first. */
export function armsOf({ agent, model, agents = [] }: Pick<Lane, 'agent' | 'model' | 'agents'>): readonly Arm[] {
  const all = [{ agent, ...(model !== undefined && { model }) }, ...agents]
  const arms = all.map((one): Arm => ({ agent: one.agent.name, ...(one.model !== undefined && { model: one.model }) }))
  return [...new Map(arms.map((arm) => [armKey(arm), arm])).values()]
}

/** The lane as one of its arms works in it; as it is where that arm is not there any more. */
export function laneWith(lane: Lane, arm: Arm | undefined): Lane {
  const found = arm && lane.agents?.find((one) => one.agent.name === arm.agent && one.model === arm.model)
  if (!found) return lane
  const { model: _, ...rest } = lane
  return { ...rest, ...found }
}
