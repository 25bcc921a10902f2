import type { FloorConfig } from '@headrace/factory'

/** Agents that can't be started on this machine, with the lanes that would wait for them in vain. */
export async function missingAgents({ lanes }: Pick<FloorConfig, 'lanes'>): Promise<readonly string[]> {
  const lanesOf = new Map<string, Set<string>>()
  for (const { name, agent, agents = [] } of lanes) {
    for (const each of [agent, ...agents.map((other) => other.agent)]) {
      const lack = await each.lacks?.()
      if (lack !== undefined) lanesOf.set(lack, (lanesOf.get(lack) ?? new Set()).add(name))
    }
  }
  return [...lanesOf].map(([lack, names]) => `Lanes without their agent: ${[...names].join(', ')}. ${lack}`)
}
