import type { SimAgent, SimKind } from './sim-agent.ts'

function agent(
  name: string,
  skills: string,
  [feature, bug, docs]: readonly [number, number, number],
  circles: number,
): SimAgent {
  const lands: Readonly<Record<SimKind, number>> = { feature, bug, docs }
  return { arm: { agent: name, skills }, lands, circles, listens: 0.3 }
}

/** Three agents with two versions of a skill each: which is best depends on the kind of task, and not every new version is better. */
export const simAgents: readonly SimAgent[] = [
  agent('ada', 'v1', [0.65, 0.35, 0.5], 0.3),
  agent('ada', 'v2', [0.8, 0.4, 0.5], 0.3),
  agent('ben', 'v1', [0.4, 0.75, 0.45], 0.4),
  agent('ben', 'v2', [0.3, 0.55, 0.75], 0.4),
  agent('cleo', 'v1', [0.25, 0.25, 0.25], 0.6),
  agent('cleo', 'v2', [0.2, 0.3, 0.2], 0.6),
]
