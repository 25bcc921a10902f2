/** What the files of the base branch make of a floor. */
import type { AgentKind } from '../agents/agent.ts'
import type { AgentSettings, AttemptBudget } from '../files/factory-file.ts'
import type { FloorFiles } from '../files/check-factory.ts'
import type { LaneFile } from '../files/lane-file.ts'
import { landingRules } from '../files/load-floor.ts'
import type { FloorConfig, LaneConfig } from './open-floor.ts'

/** Makes an agent of what `.headrace/factory.yaml` says of it. */
export type MakeAgent = (name: string, settings: AgentSettings) => AgentKind

/** The floor that the files describe. */
export function floorConfig(files: FloorFiles, makeAgent: MakeAgent): FloorConfig {
  return { lanes: files.lanes.map((lane) => laneConfig(files, lane, makeAgent)) }
}

function laneConfig(files: FloorFiles, lane: LaneFile, makeAgent: MakeAgent): LaneConfig {
  const { name, kind, oversight, wip, model, permissions, allowed, mandate } = lane
  const { factory } = files
  const settings = factory.agents[lane.agent]
  if (!settings) throw new Error(`checked before: ${name} names the agent ${lane.agent}`)
  const limits = { ...factory.budget, ...lane.budget }
  const asked = model ?? settings.model
  return {
    name,
    kind,
    oversight,
    wip,
    agent: makeAgent(lane.agent, settings),
    ...(asked !== undefined && { model: asked }),
    rules: permissions,
    landing: landingRules(files, lane),
    mandate: { text: mandate, oversight, surfaces: allowed, test: factory.gate.test.join(' ') },
    rounds: 3,
    ...(limits.minutes !== undefined && { attemptMs: limits.minutes * 60_000 }),
    ...budgetOf(limits),
  }
}

function budgetOf({ tokens, costUsd }: AttemptBudget): Pick<LaneConfig, 'budget'> {
  if (tokens === undefined && costUsd === undefined) return {}
  return { budget: { ...(tokens !== undefined && { tokens }), ...(costUsd !== undefined && { costUsd }) } }
}
