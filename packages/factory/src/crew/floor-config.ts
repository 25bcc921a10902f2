/** What the files of the base branch make of a floor. */
import process from 'node:process'
import type { AgentKind } from '../agents/agent.ts'
import type { AgentSettings } from '../files/agent-settings.ts'
import type { AttemptBudget } from '../files/attempt-budget.ts'
import type { ModelSettings } from '../files/model-settings.ts'
import type { FloorFiles } from '../files/check-factory.ts'
import type { LaneFile } from '../files/lane-file.ts'
import { landingRules, setupSteps } from '../files/load-floor.ts'
import { webhookNotifier } from '../notify/webhook-notifier.ts'
import type { Plugins } from '../plugins/load-plugins.ts'
import { featuresInWords } from '../surfaces/features-in-words.ts'
import type { ModelsConfig } from '../proxy/model-proxy.ts'
import type { LaneAgent } from '../lane/lane-runner.ts'
import type { LaneSkill } from '../skills/lane-skills.ts'
import type { FloorConfig, LaneConfig } from './open-floor.ts'

/** Makes an agent of what `.headrace/factory.yaml` says of it. */
export type MakeAgent = (name: string, settings: AgentSettings) => AgentKind

/**
 * The floor that the files describe.
 *
 * @param plugins - those that the files name, as they were loaded
 */
export function floorConfig(
  files: FloorFiles,
  makeAgent: MakeAgent,
  plugins?: Pick<Plugins, 'guards' | 'gates' | 'notifiers' | 'detectors'>,
): FloorConfig {
  const { models } = files.factory
  return {
    lanes: files.lanes.map((lane) => ({
      ...laneConfig(files, lane, makeAgent),
      landing: landingRules(files, lane, plugins),
      ...(plugins && { detectors: plugins.detectors }),
    })),
    attention: files.factory.attention,
    clones: files.factory.clones,
    ...(models && { models: modelsOf(models) }),
    notifiers: [...files.factory.webhooks.map((url) => webhookNotifier({ url })), ...(plugins?.notifiers ?? [])],
  }
}

/** The keys are looked up for each call, in the environment of this process. */
function modelsOf({ providers, prices }: ModelSettings): ModelsConfig {
  return {
    providers: Object.fromEntries(
      Object.entries(providers).map(([name, { kind, url, key }]) => [name, { kind, url, key: () => process.env[key] }]),
    ),
    ...(prices && { prices }),
  }
}

function laneConfig(files: FloorFiles, lane: LaneFile, makeAgent: MakeAgent): Omit<LaneConfig, 'landing'> {
  const { name, kind, oversight, wip, bestOf, model, permissions, allowed, mandate, waffling } = lane
  const { factory } = files
  const settings = factory.agents[lane.agent]
  if (!settings) throw new Error(`checked before: ${name} names the agent ${lane.agent}`)
  const limits = { ...factory.budget, ...lane.budget }
  const asked = model ?? settings.model
  const others = lane.agents.filter((other) => other !== lane.agent)
  return {
    name,
    kind,
    oversight,
    wip,
    ...(bestOf > 1 && { bestOf }),
    sandbox: lane.sandbox,
    network: lane.network,
    bounds: lane.bounds,
    // Whoever runs the tests needs what the gate needs for them.
    setup: setupSteps(factory),
    readable: [...factory.gate.readable, ...(settings.readable ?? [])],
    ...(factory.gate.programs && { programs: factory.gate.programs }),
    agent: makeAgent(lane.agent, settings),
    ...(others.length > 0 && { agents: others.map((other) => laneAgent(files, other, makeAgent)) }),
    ...(asked !== undefined && { model: asked }),
    rules: permissions,
    mandate: { text: mandate, oversight, surfaces: allowed, test: factory.gate.test.join(' '), ...featuresOf(files) },
    rounds: 3,
    waffling,
    skills: skillsOf(files, lane),
    surfaces: allowed,
    ...(limits.minutes !== undefined && { attemptMs: limits.minutes * 60_000 }),
    ...budgetOf(limits),
  }
}

function laneAgent({ factory }: FloorFiles, name: string, makeAgent: MakeAgent): LaneAgent {
  const settings = factory.agents[name]
  if (!settings) throw new Error(`checked before: a lane names the agent ${name}`)
  const { model, readable = [] } = settings
  return {
    agent: makeAgent(name, settings),
    readable: [...factory.gate.readable, ...readable],
    ...(model !== undefined && { model }),
  }
}

/** Only what stands in a commit of the base branch is given to an agent. */
function skillsOf({ skills, trials, commit }: FloorFiles, lane: LaneFile): readonly LaneSkill[] {
  if (commit === undefined) return []
  return lane.skills.flatMap((name) => {
    const [skill, trial] = [skills[name], trials[name]]
    return skill ? [{ name, pin: { name, hash: skill.hash, commit }, ...(trial && { trial }) }] : []
  })
}

function budgetOf({ tokens, costUsd }: AttemptBudget): Pick<LaneConfig, 'budget'> {
  if (tokens === undefined && costUsd === undefined) return {}
  return { budget: { ...(tokens !== undefined && { tokens }), ...(costUsd !== undefined && { costUsd }) } }
}

function featuresOf({ surfaces }: FloorFiles): Pick<LaneConfig['mandate'], 'features'> {
  return surfaces && surfaces.surfaces.length > 0 ? { features: featuresInWords(surfaces) } : {}
}
