import { FactoryError } from '../errors.ts'
import { endMarked, markerName, type EndProof } from './marked.ts'
import { runCommand, type CommandOptions, type CommandResult } from './run-command.ts'
import { sandboxArgv, type Bubblewrap, type Sandbox, type SandboxNetwork } from './sandbox.ts'

/** `required`: nothing runs without. `preferred`: without, where there is none. `off`: without. */
export type SandboxDemand = 'required' | 'preferred' | 'off'

export interface ConfinedOptions extends CommandOptions {
  readonly sandbox: Sandbox
  readonly demand: SandboxDemand
  readonly writable: readonly string[]
  readonly readable?: readonly string[]
  readonly network?: SandboxNetwork
  /** By what everything it starts is found again and ended. */
  readonly marker: string
}

export interface ConfinedResult extends CommandResult {
  readonly sandboxed: boolean
  readonly proof: EndProof
}

/**
 * Runs one program, in the sandbox where one is demanded and there, and ends everything that it started. Rejects with
 * `sandbox_missing` before anything was started.
 */
export async function runConfined(options: ConfinedOptions): Promise<ConfinedResult> {
  const { marker, argv, cwd } = options
  const sandbox = chooseSandbox(options.sandbox, options.demand)
  const env = { ...options.env, [markerName]: marker }
  const { readable = [], writable, network = 'off' } = options
  const inside = sandbox && sandboxArgv(sandbox, { argv, cwd, env, writable, readable, network })
  // bwrap carries the marker too: then it is found even before what it starts.
  const result = await runCommand({
    ...options,
    argv: inside ?? argv,
    cwd: inside ? '/' : cwd,
    env: inside ? { [markerName]: marker } : env,
  })
  return { ...result, sandboxed: inside !== undefined, proof: await endMarked(marker) }
}

/** The sandbox to use, none, or `sandbox_missing`: what demands one never runs without. */
export function chooseSandbox(sandbox: Sandbox, demand: SandboxDemand): Bubblewrap | undefined {
  if (demand === 'off') return undefined
  if (sandbox.kind === 'bubblewrap') return sandbox
  if (demand === 'preferred') return undefined
  throw new FactoryError('sandbox_missing', `A sandbox is demanded, and ${sandbox.reason}.`)
}
