/**
 * A coding agent (X2): what the floor needs of one, whatever it is. Built-in kinds and those of others stand behind the same
 * few calls. What an agent says of itself proves nothing (F7a): work is what stands in the clone, and the gate judges it.
 */
import type { Json, Usage } from '@headrace/core'
import type { Chunk } from '@headrace/client/agent'
import type { Oversight } from '../floor/plan-floor.ts'
import type { Cell } from '../cell/cell.ts'
import type { ModelAccess } from '../proxy/model-access.ts'
import type { EndProof } from '../process/marked.ts'
import type { SkillForm } from '../skills/deploy-skills.ts'

/** Kinds of tools, as the Agent Client Protocol has them. */
export type ToolKind =
  | 'read'
  | 'edit'
  | 'delete'
  | 'move'
  | 'search'
  | 'execute'
  | 'think'
  | 'fetch'
  | 'switch_mode'
  | 'other'

/** Something that the agent wants to do and asks about. */
export interface PermissionAsk {
  readonly callId: string
  readonly tool: ToolKind
  /** As a person reads it. */
  readonly title: string
  /** Files that it is about, as the agent names them. */
  readonly paths: readonly string[]
  /** The command line, for what is executed and says so. */
  readonly command?: string
  /** All that the agent said of it. */
  readonly input: Json
}

export interface AgentStart {
  /** The clone. */
  readonly cwd: string
  /** The whole environment of the agent: nothing of ours is added but what finds its processes again. */
  readonly env: Readonly<Record<string, string>>
  /** By what everything that it starts is found and ended. */
  readonly marker: string
  /** In what everything that it starts is shut in. Default: in nothing. */
  readonly cell?: Cell
  readonly oversight: Oversight
  /** The agent's name for a model, where one is chosen. */
  readonly model?: string
  /** The way to its models, with a token of this attempt's own. Without it the agent must find one by itself. */
  readonly models?: Pick<ModelAccess, 'token' | 'url'>
  /** The session of its own that it goes on with, where it can. */
  readonly resume?: string
  /**
   * Told of what it says as soon as that has come, once for each chunk and before `onChunk`, for what must not wait for the log.
   * Where a kind of agent does not call it, `onChunk` is all that is known.
   */
  readonly onHeard?: (chunk: Chunk) => void
  /** Takes what it says; the agent waits until that is taken. */
  readonly onChunk: (chunk: Chunk) => Promise<void>
  /** Decides what it asks about. */
  readonly onPermission: (ask: PermissionAsk) => Promise<'allow' | 'reject'>
  /** Ends it, whatever it is doing. */
  readonly signal: AbortSignal
}

/** How a turn ended, as the agent says. */
export type TurnEnd =
  | { readonly end: 'done'; readonly usage?: Usage }
  /** We asked for it. */
  | { readonly end: 'cancelled'; readonly usage?: Usage }
  /** Its own limit of tokens or of requests. */
  | { readonly end: 'limit'; readonly why: string; readonly usage?: Usage }
  | { readonly end: 'refused'; readonly usage?: Usage }
  /** It failed, ended, or went silent. */
  | {
      readonly end: 'failed'
      readonly why: string
      readonly usage?: Usage
      /** Something outside of it ended it by a signal: the kernel for want of memory, or a person. */
      readonly killed?: true
    }

/** An agent that was started. */
export interface AgentAtWork {
  /** Id of its own session, to go on with after a crash. */
  readonly session?: string
  /** Whether it goes on with the session that was asked for. */
  readonly resumed: boolean
  /**
   * Gives it something to do and waits for the end of its turn. Aborting the signal asks it to stop; if it does not, it is
   * ended. Never rejects.
   */
  prompt(text: string, signal: AbortSignal): Promise<TurnEnd>
  /** Ends it and all that it started, and says what was found. Idempotent. */
  close(): Promise<EndProof>
}

/** A kind of agent. */
export interface AgentKind {
  readonly name: string
  /**
   * All that it starts is in the cell that it is given. An agent that does not say so counts as one without a sandbox, and a
   * lane that demands one does not start it.
   */
  readonly inCell?: true
  /** In which form it reads skills. Default: it is told of them. */
  readonly skills?: SkillForm
  /** Why it can't be started on this machine, and what to do; `undefined` where nothing is known to be missing. */
  lacks?(): Promise<string | undefined>
  /**
   * Starts it.
   *
   * @throws FactoryError `agent_missing` when its program is not there; `agent_failed` when it does not come up
   */
  start(options: AgentStart): Promise<AgentAtWork>
}
