import type { FactoryError } from '../../errors.ts'
import { startProgram } from '../../process/start-program.ts'
import type { AgentKind, AgentStart } from '../agent.ts'
import { AcpConnection } from './acp-connection.ts'

/** How an agent of this kind is started. */
export interface AcpProfile {
  readonly name: string
  /** Program and arguments. */
  readonly argv: (start: AgentStart) => readonly [string, ...string[]]
  /** What its environment has beside that of the clone. */
  readonly env?: (start: AgentStart) => Readonly<Record<string, string>>
  /** Writes files that it needs before it starts. */
  readonly prepare?: (start: AgentStart) => Promise<void>
  /** The mode of its own that it is put into: some ask about everything otherwise. */
  readonly mode?: (start: AgentStart) => string | undefined
  /** What it must read of the machine in a cell, beside its program and the package of that. */
  readonly readable?: () => Promise<readonly string[]>
  /** `commands`: the title of what it executes is the command, whole, and it says it nowhere else. */
  readonly titles?: 'commands'
  /** `false`: it says that it can go on with a session of its own, and can't. Default `true`: as it says. */
  readonly resumes?: boolean
  /** The folder of its home in which it looks for skills. Default: it knows none, and is told of them. */
  readonly skillsFolder?: string
}

export interface AcpLimits {
  /** How long each step of coming up may take, in ms. Default 60,000. */
  readonly startMs?: number
  /** How long it may take to stop when it is asked to, in ms. Default 10,000. */
  readonly cancelMs?: number
  /** How long it may say nothing at all while it is at work, in ms. Default 900,000. */
  readonly silenceMs?: number
  /** Bytes of one message. Default 16 MiB. */
  readonly maxMessageBytes?: number
  /** Bytes of all that it says in its life. Default 100 MiB. */
  readonly maxBytes?: number
}

/** A kind of agent that speaks the Agent Client Protocol, version 1, over its standard input and output. */
export function acpAgent(profile: AcpProfile, limits: AcpLimits = {}): AgentKind {
  return {
    name: profile.name,
    inCell: true,
    ...skillForm(profile),
    /** @throws {@link FactoryError} `command_failed`, `agent_failed` */
    async start(start) {
      await profile.prepare?.(start)
      const env = { ...start.env, ...profile.env?.(start) }
      const { cwd, marker, cell } = start
      const own = (await profile.readable?.()) ?? []
      const confined = cell && { cell: { ...cell, readable: [...cell.readable, ...own] } }
      const program = await startProgram({ argv: profile.argv(start), cwd, env, marker, ...confined })
      const agent = new AcpConnection(program, start, { profile, limits })
      try {
        await agent.begin()
        return agent
      } catch (thrown) {
        await agent.close()
        throw thrown as FactoryError
      }
    },
  }
}

/** In which form an agent of this kind reads skills. */
export function skillForm({ skillsFolder }: Pick<AcpProfile, 'skillsFolder'>): Pick<AgentKind, 'skills'> {
  return skillsFolder === undefined ? {} : { skills: { kind: 'folder', folder: skillsFolder } }
}
