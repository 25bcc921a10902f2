/**
 * A floor of agents whose quality is known, played without a process, a clock or a model (V4): the rules of the floor, the chooser,
 * the reward, the detector and the ladder are the real ones. The same seed plays the same floor.
 */
import { armKey, type Arm } from '../choice/arm.ts'
import { chooseArm } from '../choice/choose-arm.ts'
import { experienceOf } from '../choice/experience-of.ts'
import { randomOf } from '../choice/random.ts'
import { AttemptWatch } from '../detect/attempt-watch.ts'
import { emptyFloor, type FloorDocument } from '../floor/floor-document.ts'
import { planFloor, type PlanLane } from '../floor/plan-floor.ts'
import { settleAttempt } from '../floor/settle-attempt.ts'
import { takeStep } from '../floor/take-step.ts'
import type { AttemptResult, Task } from '../floor/task.ts'
import { orderFor } from '../foreman/notes.ts'
import { playAttempt, simKinds, type SimAgent, type SimAttempt, type SimKind } from './sim-agent.ts'

/** How agents are chosen: as a floor does, always the best one, or one after the other. */
export type SimChoice = 'ours' | 'best' | 'round-robin'

export interface SimOptions {
  readonly seed: number
  /** How many there are to be done. Default 200. */
  readonly tasks?: number
  readonly agents: readonly SimAgent[]
  /** Default `ours`. */
  readonly choice?: SimChoice
  /** Whether agents that go in circles are told and replaced. Default true. */
  readonly detector?: boolean
  /** Most steps of an attempt. Default 100. */
  readonly budget?: number
}

export interface SimPlayed extends SimAttempt {
  readonly task: string
  readonly attempt: number
  readonly arm: Arm
  /** How much likelier the best agent for this task would have landed it. */
  readonly regret: number
}

export interface SimFloor {
  readonly played: readonly SimPlayed[]
  readonly merged: number
  readonly parked: number
}

const lanes: readonly PlanLane[] = [{ name: 'lane', kind: 'feature', oversight: 'merge', wip: 1 }]

/** Plays a floor until each task is merged or parked. */
export function simulateFloor(options: SimOptions): SimFloor {
  const { seed, tasks = 200, agents, choice = 'ours', detector = true, budget = 100 } = options
  let floor = backlog(seed, tasks)
  const played: SimPlayed[] = []
  let merged = 0
  for (let now = 1; ; now += 1) {
    floor = planFloor(floor, lanes, now).steps.reduce((next, step) => takeStep(next, step, now), floor)
    const task = Object.values(floor.tasks).find(({ state }) => state.status === 'working')
    if (task?.state.status !== 'working') break
    const { attempt } = task.state
    const { rungs: taken = 0 } = orderFor(task, attempt)
    const kind = kindOf(task)
    const best = bestOf(agents, kind)
    const agent = chosen(choice, { floor, task, attempt, agents, best, seed, count: played.length })
    // Luck is of the task, the attempt and the agent, whoever chose it.
    const random = randomOf(`${seed} ${task.id}.${attempt} ${armKey(agent.arm)}`)
    const watch = detector ? { watch: new AttemptWatch({ taken }) } : {}
    const one = playAttempt({ agent, kind, random, budget, ...watch })
    if (one.outcome === 'merged') merged += 1
    const regret = best.lands[kind] - agent.lands[kind]
    played.push({ ...one, task: task.id, attempt, arm: agent.arm, regret })
    floor = settleAttempt(floor, { task: task.id, attempt, result: resultOf(one, agent.arm, budget), now })
  }
  return { played, merged, parked: tasks - merged }
}

function backlog(seed: number, count: number): FloorDocument {
  const random = randomOf(`tasks ${seed}`)
  const all = Array.from({ length: count }, (_, index): readonly [string, Task] => {
    const id = `T${index + 1}`
    const kind = simKinds[Math.floor(random() * simKinds.length)] ?? 'feature'
    const text = { title: id, body: '', acceptance: [], dependsOn: [] }
    const made = { priority: 2, source: { kind: 'simulation', ref: id }, by: 'user:simulation', at: index } as const
    return [id, { id, kind, ...text, ...made, state: { status: 'ready' }, attempts: [] }]
  })
  return { ...emptyFloor, nextTask: count + 1, tasks: Object.fromEntries(all) }
}

interface Choosing {
  readonly floor: FloorDocument
  readonly task: Task
  readonly attempt: number
  readonly agents: readonly SimAgent[]
  readonly best: SimAgent
  readonly seed: number
  readonly count: number
}

function chosen(how: SimChoice, { floor, task, attempt, agents, best, seed, count }: Choosing): SimAgent {
  switch (how) {
    case 'best':
      return best
    case 'round-robin':
      return agents[count % agents.length] ?? best
    case 'ours': {
      const arms = agents.map(({ arm }) => arm)
      const { arm } = chooseArm({ arms, ...experienceOf(floor, task), seed: `${seed} ${task.id}.${attempt}` })
      return agents.find((agent) => agent.arm === arm) ?? best
    }
    default:
      return how satisfies never
  }
}

function bestOf(agents: readonly SimAgent[], kind: SimKind): SimAgent {
  const [best] = agents.toSorted((a, b) => b.lands[kind] - a.lands[kind])
  if (!best) throw new Error('A floor needs at least one agent.')
  return best
}

/** The backlog has no other kinds. */
function kindOf({ kind }: Task): SimKind {
  return simKinds.find((one) => one === kind) ?? 'feature'
}

function resultOf({ outcome, steps, rungs }: SimAttempt, arm: Arm, budget: number): AttemptResult {
  const green = outcome === 'merged'
  const before = { passed: 10, failed: 0 }
  const rung = rungs.at(-1)
  return {
    outcome,
    why: outcome,
    arm,
    share: Math.min(1, steps / budget),
    facts: { before, tests: green ? { passed: 11, failed: 0 } : { passed: 9, failed: 1 } },
    ...(outcome === 'rejected' && { failure: 'product' }),
    ...(outcome in stamps && { failure: 'waffling' }),
    ...(rung && { waffling: { verdict: rungs.length, rung, evidence: '', kinds: [] } }),
  }
}

const stamps = { replaced: true, nuked: true, parked: true }
