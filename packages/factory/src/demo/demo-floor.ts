import path from 'node:path'
import { scriptedAgent } from '../agents/scripted/scripted-agent.ts'
import type { LaneConfig, FloorConfig } from '../crew/open-floor.ts'
import type { LandingRules } from '../landing/judge-work.ts'
import type { LaneKind } from '../floor/task.ts'
import { defaultTestGlobs } from '../guards/test-globs.ts'
import { demoBacklog } from './demo-backlog.ts'

const test = 'node --test'

interface DemoLane {
  readonly name: string
  readonly kind: LaneKind
  readonly about: string
}

const lanes: readonly DemoLane[] = [
  { name: 'steady', kind: 'ci', about: 'Keep the suite telling. Success: what nothing proved before has a test.' },
  { name: 'alpha', kind: 'feature', about: 'Small functions, each in a file of its own. Success: each with tests.' },
  { name: 'hasty', kind: 'bug', about: 'Mend what is wrong and nothing else. Success: the suite is green.' },
  { name: 'dreamer', kind: 'feature', about: 'Find out why things are slow. Success: a measured improvement.' },
  {
    name: 'crooked',
    kind: 'bug',
    about: 'Mend what is wrong and nothing else. Success: a test that was red is green.',
  },
]

const landing: LandingRules = {
  protectedPaths: ['package.json', '.headrace/**'],
  allowed: ['src/**', 'test/**'],
  forbidden: [],
  testGlobs: defaultTestGlobs,
  budget: { files: 10, lines: 300, fileBytes: 100_000, newDependencies: 0 },
  guardPolicy: {},
  gate: { test: { argv: ['node', '--test'], timeoutMs: 60_000 } },
}

/** A number from 0 to 1 for each place where the demo has a choice, the same for the same seed. */
function chance(seed: number, of: string): number {
  let state = seed >>> 0
  for (const letter of of) state = Math.imul(state ^ letter.charCodeAt(0), 0x9e3779b1) ^ (state >>> 15)
  return (state >>> 0) / 0x1_0000_0000
}

/** Five lanes with agents that play scripts: two good ones, one that breaks tests, one that dreams, one that cheats. */
export function demoFloor({ seed }: { readonly seed: number }): FloorConfig {
  return { lanes: lanes.map((lane) => laneConfig(lane, seed)) }
}

function laneConfig({ name, kind, about }: DemoLane, seed: number): LaneConfig {
  return {
    name,
    kind,
    oversight: 'merge',
    wip: 1,
    rules: [],
    landing,
    // Enough for every one of them but the one that never comes to an end.
    budget: { toolCalls: 40 },
    rounds: 2,
    attemptMs: 120_000,
    mandate: { text: about, oversight: 'merge', surfaces: ['src/**', 'test/**'], test },
    agent: scriptedAgent(name, ({ cwd }) => {
      const id = path.basename(path.dirname(cwd))
      const task = demoBacklog[Number(id.slice(1, id.indexOf('-'))) - 1]
      if (!task) return { turns: [[{ do: 'say', text: 'I know nothing of this task.' }]] }
      return { ...task.script, paceMs: 20 + Math.round(chance(seed, id) * 60) }
    }),
  }
}
