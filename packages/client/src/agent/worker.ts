import type { AgentName, HeadraceError } from '@headrace/core'
import type { ConnectionOptions, TokenOptions } from '../net/connection.ts'
import type { ConnectionStatus } from '../net/status.ts'
import type { RunHandler } from './run.ts'

/** Options of `createWorker`. */
export interface WorkerOptions extends ConnectionOptions, TokenOptions {
  /** The agent that it works as. The token must allow it. */
  readonly agent: AgentName
  /** Does the work. Called once for every run, or attempt at one, that this worker is given. */
  readonly handler: RunHandler
  /**
   * As for a client; and once with an address that was never reached so far. Without it a worker that is closed for good, as
   * by a token that is refused, lets Node end with exit code 1, so that whatever started the process knows.
   */
  readonly onError?: (error: HeadraceError) => void
  /** Runs at the same time: 1 to 10,000. Default 16. */
  readonly capacity?: number
  /**
   * A run is taken from a worker that was not heard for so many milliseconds: 1,000 to 600,000. Default: the server's,
   * 6,000.
   */
  readonly leaseMs?: number
  /** Characters of a run's output that may be unanswered before writing waits. Default 262,144. */
  readonly maxUnansweredChars?: number
}

export interface CloseOptions {
  /** How long handlers may go on, in milliseconds; then they are aborted with the reason `closed`. Default 10,000. */
  readonly graceMs?: number
}

/**
 * A process that works as an agent. Whoever closes it to end the process says so: Node would wait for minutes for a
 * connection that the network has swallowed.
 *
 * @example
 * ```ts
 * process.once('SIGTERM', () => void worker.close({ graceMs: 30_000 }).then(() => process.exit()))
 * ```
 */
export interface Worker {
  /** Resolves when it is connected for the first time; rejects when it never can be. */
  readonly ready: Promise<void>
  readonly status: ConnectionStatus
  /** Calls back when `status` has changed. Returns what ends it. */
  onStatus(listener: () => void): () => void
  /** Loses the connection as a network failure would. It heals by itself, and handlers don't notice. */
  drop(): void
  /** `false`: stays offline until it is called with `true`. */
  setOnline(on: boolean): void
  /** Takes no more runs, waits for those it has, and disconnects. Idempotent. */
  close(options?: CloseOptions): Promise<void>
}
