/** What is simulated: servers and clients, as whoever asks for a simulation gives them. */
import type { Client, ConnectOptions } from '@headrace/client'
import type { Worker, WorkerOptions } from '@headrace/client/agent'
import type {
  AgentName,
  Command,
  FoundMessage,
  Grant,
  HeadraceError,
  MessageRow,
  Notice,
  Outcome,
  Reader,
  RunId,
  SessionId,
  SessionKey,
  SessionView,
  Store,
} from '@headrace/core'
import type { HostClock } from './host.ts'
import type { ServerSocket } from './server-socket.ts'

/** What a simulated server is given. */
export interface ServerSurroundings {
  /** Id of the server process: another one after each restart. */
  readonly node: string
  readonly store: Store
  readonly clock: HostClock
  /** Runs something when all that comes at this moment has been handled. */
  readonly soon: (run: () => void) => void
  /** How long a connection's next write waits for more to go with it, in milliseconds. */
  readonly paceMs: number
  /** Turns a token into what its bearer may do. */
  readonly verify: (token: string) => Promise<Grant>
  readonly onError: (error: HeadraceError) => void
  /** Tells somebody who is away, in some simulations. Rejects where they could not be told now. */
  readonly tell?: (told: { readonly session: SessionId; readonly notice: Notice }) => Promise<'sent' | 'none'>
  /** Calls the agent `hook` by webhook, in some simulations: resolves to the status of its answer, or to `undefined`. */
  readonly call?: (body: string) => Promise<number | undefined>
  /** How many runs it takes at the same time, and how long each is its own, in milliseconds. */
  readonly called: { readonly capacity: number; readonly leaseMs: number }
  /** Bounds of connections that differ from the server's own, in milliseconds and bytes. */
  readonly connectionLimits: { readonly idleMs: number; readonly maxUnsentBytes: number; readonly stallMs: number }
}

/** A run that was given to a caller without a socket. */
export interface PulledRun {
  readonly session: SessionId
  readonly run: RunId
  readonly attempt: number
}

/** A server as the simulation drives it. */
export interface SimulatedServer {
  /** Serves a connection that a client has opened. */
  accept(socket: ServerSocket): void
  /** What its HTTP door asks of it. */
  readonly http: {
    submit(key: SessionKey, command: Command): Promise<Outcome>
    view(key: SessionKey, reader: Reader): Promise<SessionView>
    messages(
      key: SessionKey,
      reader: Reader,
      page: { readonly before: number; readonly limit: number },
    ): Promise<{ readonly rows: readonly MessageRow[]; readonly more: boolean }>
    /** Events after a seq as JSON, as far as they are there. */
    events(key: SessionKey, reader: Reader, after: number): Promise<readonly string[]>
    viewAt(key: SessionKey, reader: Reader, seq: number): Promise<SessionView>
    /** Copies a session as it was after an event. */
    fork(key: SessionKey, grant: Grant, copy: { readonly id: SessionId; readonly at: number }): Promise<unknown>
    /** The lines of an export. */
    export(key: SessionKey, reader: Reader): Promise<readonly string[]>
    search(grant: Grant, query: string): Promise<readonly FoundMessage[]>
    /** Drops the raw output of closed parts that is there. */
    compact(key: SessionKey): Promise<unknown>
    claim(agent: AgentName, worker: string, grant: Grant, leaseMs: number): Promise<PulledRun | undefined>
  }
  /** Shuts down in good order. */
  close(): Promise<void>
}

/** Servers and clients under test. */
export interface Subject {
  /** Makes an empty store: what is durable. It does what it is asked before its promise resolves, as one in memory. */
  readonly createStore: () => Store
  /** Starts a server process. */
  readonly startServer: (around: ServerSurroundings) => SimulatedServer
  /** Default: `connect` of `@headrace/client`. */
  readonly connect?: (options: ConnectOptions) => Client
  /** Default: `createWorker` of `@headrace/client/agent`. */
  readonly createWorker?: (options: WorkerOptions) => Worker
}
