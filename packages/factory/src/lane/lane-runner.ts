import path from 'node:path'
import type { Client } from '@headrace/client'
import { RunStopped, type AgentRun, type RunHandler } from '@headrace/client/agent'
import { HeadraceError, type Json } from '@headrace/core'
import type { AgentKind } from '../agents/agent.ts'
import type { Confinement } from '../cell/open-cell.ts'
import type { Clones } from '../clones/create-clones.ts'
import type { GateStep } from '../gate/run-gate.ts'
import type { Vault } from '../clones/open-vault.ts'
import type { WafflingPolicy } from '../detect/attempt-watch.ts'
import type { SlowDetector } from '../detect/detector.ts'
import { notes, orderOf } from '../foreman/notes.ts'
import type { FloorSessions } from '../foreman/sessions.ts'
import type { PermissionRule } from '../oversight/decide-permission.ts'
import type { SandboxDemand } from '../process/run-confined.ts'
import type { ModelProxy } from '../proxy/model-proxy.ts'
import type { Sandbox } from '../process/sandbox.ts'
import type { LaneSkill } from '../skills/lane-skills.ts'
import { AttemptRun } from './attempt-run.ts'
import { laneWith } from './lane-arms.ts'
import type { Mandate } from './prompts.ts'

/** An agent that may work in the place of the lane's own. */
export interface LaneAgent {
  readonly agent: AgentKind
  /** The agent's name for a model. Default: the agent's own choice. */
  readonly model?: string
  /** As the lane's own, for this agent. */
  readonly readable?: readonly string[]
}

/** A lane, as its attempts are worked in it. */
export interface Lane extends Confinement {
  readonly name: string
  readonly agent: AgentKind
  /** The agent's name for a model. Default: the agent's own choice. */
  readonly model?: string
  /** Others that may work in its place: for each attempt one is chosen, by what came of attempts before. Default none. */
  readonly agents?: readonly LaneAgent[]
  readonly mandate: Mandate
  readonly rules: readonly PermissionRule[]
  /** How often the gate may say no before the attempt is over. Default 3. */
  readonly rounds?: number
  /** How long an attempt may take, in ms. Default 3,600,000. */
  readonly attemptMs?: number
  /** What a person says reaches the agent when its turn is over, or by ending its turn. Default `interrupt`. */
  readonly steer?: 'interrupt' | 'boundary'
  /** When its agents are taken to go in circles, and what is done about it. Default: all rungs, by the detector's defaults. */
  readonly waffling?: WafflingPolicy
  /** Makes the detectors that are asked besides, for one attempt. Default: none. */
  readonly detectors?: () => readonly SlowDetector[]
  /** What its agents are given to read. Default: none. */
  readonly skills?: readonly LaneSkill[]
  /** What the agent's environment has besides. */
  readonly env?: Readonly<Record<string, string>>
  /** What is done in a fresh clone before its agent starts, as the gate does it before its tests. Not where it only reads. */
  readonly setup?: readonly GateStep[]
}

export interface LaneRunnerOptions {
  /** Follows the floor's session and that of the merge queue, and may send to the latter. */
  readonly client: Client
  readonly sessions: FloorSessions
  readonly lane: (name: string) => Lane | undefined
  readonly clones: Clones
  readonly vault: Vault
  readonly sandbox: Sandbox
  readonly demand: SandboxDemand
  /** A folder for bundles. Nobody else writes there. */
  readonly bundles: string
  /** The way of agents to their models. Without one they must find it by themselves. */
  readonly models?: ModelProxy
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/**
 * Takes attempts through lanes: a clone, the agent in it, its work to the gate, and again when the gate says no. Each attempt
 * is a run of a lane's session; another process that is given the same run goes on where this one stopped.
 */
export function createLaneRunner(options: LaneRunnerOptions): RunHandler {
  return async (run) => {
    const order = orderOf(run.input, run.session)
    if (!order) {
      const text = 'There is no attempt in this message, so there is nothing to do. Add a task to the floor.'
      throw new HeadraceError('bad_request', text)
    }
    const name = path.posix.basename(run.session)
    const found = options.lane(name)
    const lane = found && laneWith(found, order.arm)
    if (!lane) throw new HeadraceError('not_found', `There is no lane ${name} any more.`)
    const attempt = new AttemptRun(run, { ...options, order, lane })
    const result = await attempt.work().catch(async (thrown: unknown): Promise<never> => {
      if (await isOver(run, options.client)) await attempt.abandon('It was stopped, or its budget was used up.')
      throw thrown
    })
    await run.write({ type: 'data', name: notes.result, value: result as unknown as Json })
    await run.text(`${result.outcome}: ${result.why}`)
  }
}

/** Whether nobody goes on with it: one that was lost belongs to another process by now. */
async function isOver(run: AgentRun, client: Client): Promise<boolean> {
  const reason: unknown = run.signal.reason
  if (!(reason instanceof RunStopped)) return false
  if (reason.reason === 'cancel') return true
  if (reason.reason !== 'lost') return false
  const { view } = await client.session(run.session).until(({ status }) => status === 'live')
  return view.runs.some(({ id, status }) => id === run.id && status === 'ended')
}
