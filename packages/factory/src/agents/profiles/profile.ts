import { FactoryError } from '../../errors.ts'
import { findProgram } from '../../process/find-program.ts'
import { acpAgent, skillForm, type AcpLimits, type AcpProfile } from '../acp/acp-agent.ts'
import type { AgentKind, AgentStart } from '../agent.ts'

/** How a known agent is found, and made to ask its models through the floor and people through its lane. */
export interface AgentProfile extends Omit<AcpProfile, 'argv' | 'env' | 'prepare'> {
  /** Program and arguments by which it speaks the Agent Client Protocol. */
  readonly command: readonly [string, ...string[]]
  /** What to do where its program is not there. */
  readonly install: string
  /** Writes its files into the home of the attempt; the result is what its environment has besides. */
  readonly setUp: (start: AgentStart) => Promise<Readonly<Record<string, string>>>
}

export interface ProfileOptions {
  /** Another program and arguments. */
  readonly command?: readonly [string, ...string[]]
  /** Folders where its program is looked for before PATH. */
  readonly folders?: readonly string[]
  readonly limits?: AcpLimits
}

/**
 * An agent with a profile. Its `start` rejects with `agent_missing`, and how to install it, where its program is not there.
 */
export function profiledAgent(profile: AgentProfile, options: ProfileOptions = {}): AgentKind {
  const { command: [name, ...args] = profile.command, folders, limits } = options
  const lack = `The agent ${profile.name} can't be started: there is no program ${name} on this machine. ${profile.install}`
  return {
    name: profile.name,
    inCell: true,
    ...skillForm(profile),
    lacks: async () => ((await findProgram(name, folders)) === undefined ? lack : undefined),
    async start(start) {
      const program = await findProgram(name, folders)
      if (program === undefined) throw new FactoryError('agent_missing', lack)
      const given = await profile.setUp(start)
      return acpAgent({ ...profile, argv: () => [program, ...args], env: () => given }, limits).start(start)
    },
  }
}
