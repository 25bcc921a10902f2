import { totalmem } from 'node:os'
import type { AgentKind } from '../agents/agent.ts'
import type { Attempt } from '../clones/attempt.ts'
import type { CgroupBounds } from '../process/cgroup.ts'
import { chooseSandbox, type SandboxDemand } from '../process/run-confined.ts'
import type { Bubblewrap, Sandbox } from '../process/sandbox.ts'
import type { ModelProxy } from '../proxy/model-proxy.ts'
import type { Cell, CellNetwork } from './cell.ts'
import { toolPlaces } from './readable-places.ts'

/** The sandbox for what an agent starts: none for one that does not start everything in it. */
export function sandboxFor({ name, inCell }: Pick<AgentKind, 'name' | 'inCell'>, sandbox: Sandbox): Sandbox {
  if (sandbox.kind === 'none' || inCell === true) return sandbox
  return { kind: 'none', reason: `the agent ${name} starts its programs by itself, outside of any` }
}

/** How a lane wants its agents shut in. */
export interface Confinement {
  /** `required`: no agent starts without a sandbox. `preferred`: without, where there is none. Default `preferred`. */
  readonly sandbox?: SandboxDemand
  /** Needs the sandbox: without one it is that of the machine. Default `model-only`. */
  readonly network?: CellNetwork
  /** Folders and files of the machine that agents may read, such as a tool chain. Absolute paths. */
  readonly readable?: readonly string[]
  /** Folders of programs that come before those of the system. Default: that of this Node. */
  readonly programs?: readonly string[]
  /**
   * What all of an agent’s processes may use together, where control groups can bound it. Default: three
   * quarters of the memory, and 4,096 processes.
   */
  readonly bounds?: CgroupBounds
}

/** Enough for a build, and little enough that the machine goes on. */
const defaultBounds: Required<CgroupBounds> = {
  memoryBytes: Math.floor((totalmem() * 3) / 4),
  processes: 4_096,
}

/** What is in force for an attempt. */
export type InForce =
  | {
      readonly sandbox: 'bubblewrap'
      readonly network: CellNetwork
      /** By what all that an agent started is ended: the kernel's control group, or the marker alone. */
      readonly ends: 'cgroup' | 'marker'
      /** What is bounded; nothing where there is no control group, or none of it can be. */
      readonly bounds: CgroupBounds
    }
  /** `why`: what is missing, where a sandbox was wanted. */
  | { readonly sandbox: 'none'; readonly network: 'open'; readonly why?: string }

/** What this lane's agents get on this machine. Throws `sandbox_missing` where that is less than it demands. */
export function confinementInForce(confinement: Confinement, sandbox: Sandbox): InForce {
  const { sandbox: demand = 'preferred', network = 'model-only' } = confinement
  const chosen = chooseSandbox(sandbox, demand)
  if (chosen) {
    const ends = chosen.cgroups ? 'cgroup' : 'marker'
    return { sandbox: 'bubblewrap', network, ends, bounds: boundsInForce(confinement, chosen) }
  }
  return {
    sandbox: 'none',
    network: 'open',
    ...(sandbox.kind === 'none' && demand !== 'off' && { why: sandbox.reason }),
  }
}

function boundsInForce({ bounds }: Confinement, { cgroups }: Bubblewrap): CgroupBounds {
  const { memoryBytes, processes } = { ...defaultBounds, ...bounds }
  const can = cgroups?.controllers ?? []
  return { ...(can.includes('memory') && { memoryBytes }), ...(can.includes('pids') && { processes }) }
}

/** In words: `in bubblewrap, network model-only`. */
export function inForceInWords(inForce: InForce): string {
  if (inForce.sandbox === 'bubblewrap') {
    const { network, ends, bounds } = inForce
    const { memoryBytes, processes } = bounds
    return [
      `in bubblewrap${ends === 'cgroup' ? ' and a control group' : ''}`,
      `network ${network}`,
      ...(memoryBytes === undefined ? [] : [`at most ${Math.round(memoryBytes / 1_048_576)} MB`]),
      ...(processes === undefined ? [] : [`at most ${processes} processes`]),
    ].join(', ')
  }
  return inForce.why === undefined ? 'without a sandbox' : `without a sandbox: ${inForce.why}`
}

/** The same for a lane, which may demand more than there is. */
export function confinedInWords(lane: Confinement & { readonly agent: AgentKind }, machine: Sandbox): string {
  const sandbox = sandboxFor(lane.agent, machine)
  const confinement: Confinement = lane
  if (sandbox.kind === 'none' && confinement.sandbox === 'required')
    return `starts nothing: it demands a sandbox, and ${sandbox.reason}`
  return inForceInWords(confinementInForce(confinement, sandbox))
}

export interface CellOptions {
  readonly confinement: Confinement
  readonly sandbox: Sandbox
  readonly attempt: Attempt
  readonly models: ModelProxy | undefined
}

/** A cell that is ready to be used. */
export interface OpenCell {
  /** `undefined`: agents run as whoever runs the floor. */
  readonly cell: Cell | undefined
  readonly inForce: InForce
  /** Closes its way to the models. Idempotent. */
  close(): Promise<void>
}

/**
 * Makes the cell of an attempt, with the way to its models.
 *
 * @throws FactoryError `sandbox_missing`
 */
export async function openCell({ confinement, sandbox, attempt, models }: CellOptions): Promise<OpenCell> {
  const { sandbox: demand = 'preferred', network = 'model-only', readable = [], programs = [] } = confinement
  const inForce = confinementInForce(confinement, sandbox)
  const bubblewrap = chooseSandbox(sandbox, demand)
  if (!bubblewrap) return { cell: undefined, inForce, close: async () => undefined }
  const way = network === 'model-only' ? await models?.openSocket(attempt.folder) : undefined
  const cell: Cell = {
    sandbox: bubblewrap,
    network,
    writable: [attempt.clone, attempt.home, attempt.tmp],
    bounds: boundsInForce(confinement, bubblewrap),
    readable: [...readable, ...programs.flatMap(toolPlaces)],
    ...(way && { models: { socket: way.socket, port: way.port } }),
  }
  return { cell, inForce, close: async () => way?.close() }
}
