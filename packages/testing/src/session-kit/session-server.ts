import type { FaultProxy } from '../fault-proxy.ts'
import type { Ability } from './abilities.ts'
import type { SeenAnswer, SeenEntry, SeenMessage, SeenRequest, SeenState } from './seen.ts'

/**
 * A server under test: what an adapter has to do for the kit. Everything goes over real connections, from outside.
 *
 * What a server or its adapter can't do stands in `lacks`; then the tests that need it are reported as not supported, and
 * the method that does it may throw.
 */
export interface SessionServer {
  readonly name: string
  /** What it can't do, and why. */
  readonly lacks: Readonly<Partial<Record<Ability, string>>>
  /** Characters of the longest text that a message may have. */
  readonly longestText: number
  /** Makes an empty session and gives its id. */
  create(settings?: SessionSettings): Promise<string>
  /** Opens a session on a screen. Rejects with {@link Refused} where the server does. */
  open(session: string, who: Identity, options?: OpenOptions): Promise<Tab>
  /** Starts an agent that waits for work of this session. */
  agent(session: string, name: string, options?: AgentOptions): Promise<Agent>
  /** Reads the state without following it: now, or as it was at a position. */
  read(session: string, who: Identity, at?: number): Promise<SeenState>
  /** Reads the whole log as the server has it. */
  log(session: string, who: Identity): Promise<readonly SeenEntry[]>
  /** Messages that are not in the state any more, oldest first: the newest before a position. */
  page(session: string, who: Identity, before: number, limit: number): Promise<readonly PagedMessage[]>
  /** Everything that the server has of a session, as text. */
  export(session: string, who: Identity): Promise<string>
  /** Deletes a session. */
  erase(session: string): Promise<void>
  /** How many files the server keeps have these bytes in them. */
  filesWith(text: string): Promise<number>
  /** Kills the server as `kill -9` does and starts it again at the same address. */
  restart(): Promise<void>
  /** A network of its own to the server, which can be broken. */
  network(): Promise<FaultProxy>
  /** The next thing that somebody who is away was told about a session. */
  toldAway(session: string): Promise<{ readonly to: string; readonly title: string }>
  /** Processor time that the server has used, and bytes that it stores. */
  cost(): Promise<{ readonly cpuSeconds: number; readonly storedBytes: number }>
  /** Closes what the adapter has open, and the server if the adapter started it. */
  close(): Promise<void>
}

export interface SessionSettings {
  /** How often a run whose agent was lost is tried, the first time included. */
  readonly attempts?: number
}

/** What somebody may do; `send`: ask an agent for work; `control`: stop, steer and hold what others asked for. */
export type Right = 'read' | 'post' | 'send' | 'control' | 'answer' | 'drive' | 'admin'

/** Who it is, as the server can verify. */
export interface Identity {
  readonly id: string
  readonly name: string
  /** `operator`: a person who runs the product, such as somebody of support. */
  readonly kind: 'person' | 'operator'
  readonly rights: readonly Right[]
  /** How long the server believes it, where a test needs that to end. */
  readonly validSeconds?: number
}

export interface OpenOptions {
  /** The position after which its entries begin; 0 is all of them. Default: a state, and the entries after that. */
  readonly after?: number
  /** The network that the connection goes through. Default: straight to the server. */
  readonly through?: FaultProxy
  /** Id of the device. Default: one of its own. */
  readonly device?: string
}

/** One session on one screen: one connection. */
export interface Tab {
  readonly state: SeenState
  /** What it was given since it was opened, over all its connections. */
  readonly entries: readonly SeenEntry[]
  /** Whether its connection is there. */
  readonly isConnected: boolean
  /** Called after everything that changes one of the above. */
  onChange(listener: () => void): void
  /** Does something. A command that is given the same id twice is a retry. */
  do(action: Action, id?: string): Promise<Outcome>
  /** Ends the connection without a word; what comes after is not seen. */
  drop(): void
  /** The same, as soon as so many more frames with something of the session have come. */
  dropAfter(frames: number): void
  /** Connects again and goes on after the last entry. */
  back(): Promise<void>
  /** Follows once more on the connection that it has, as a component does that is mounted twice. */
  followAgain(): Promise<void>
  close(): Promise<void>
}

/** What people do. */
export type Action =
  /** Asks an agent, or several at once. */
  | {
      readonly do: 'send'
      readonly text: string
      readonly agents?: readonly string[]
      readonly edits?: string
      readonly whenBusy?: 'wait' | 'parallel' | 'interrupt'
    }
  /** Says something that asks for nothing. */
  | { readonly do: 'post'; readonly text: string }
  /** Asks for another answer. */
  | { readonly do: 'regenerate'; readonly message: string }
  | { readonly do: 'stop'; readonly what: { readonly run: string } | 'own' | 'all' }
  | { readonly do: 'steer'; readonly run: string; readonly text: string }
  | { readonly do: 'hold'; readonly run: string }
  /** Lets a run go on that is held or suspended. */
  | { readonly do: 'go-on'; readonly run: string }
  | { readonly do: 'claim'; readonly request: string; readonly device: string }
  | { readonly do: 'answer'; readonly request: string; readonly answer: SeenAnswer; readonly device?: string }
  /** Takes over: agents hold still until it is handed back. */
  | { readonly do: 'drive' }
  | { readonly do: 'hand-back' }
  /** Takes what a message says out of the session for good. */
  | { readonly do: 'redact'; readonly message: string }

/**
 * What became of an action. `already`: it was so before. `lost`: the connection ended before an answer came, so it may or
 * may not have happened.
 */
export type Outcome =
  | { readonly result: 'done' | 'already'; readonly position: number }
  /** `by`: who was first, where that is why. */
  | { readonly result: 'refused'; readonly code: string; readonly why: string; readonly by?: string }
  | { readonly result: 'lost' }

export interface PagedMessage extends SeenMessage {
  readonly position: number
}

export interface AgentOptions {
  /** After how many milliseconds of silence the server takes it for dead. Default: the server's own. */
  readonly leaseMs?: number
}

/** A process that answers. */
export interface Agent {
  /** The next run that the server gives it. */
  work(): Promise<Work>
  /** As `kill -9`: it says nothing any more. */
  kill(): void
  /** As `SIGSTOP`: it neither hears nor says anything, while its connection stays open. */
  freeze(): void
  /** It comes back and knows nothing of the time between. */
  thaw(): void
  close(): Promise<void>
}

/** What an agent is told about its run. `lost`: it is no longer its own. */
export type Told = 'stop' | 'lost' | 'steered' | 'answered' | 'held' | 'go-on'

/** One run in the hands of one agent. */
export interface Work {
  readonly run: string
  readonly attempt: number
  /** The text that is to be answered. */
  readonly input: string
  /** The conversation as a model would be given it. */
  readonly prompt: readonly PromptLine[]
  /** What this run has asked, with the answers that are there. */
  readonly requests: readonly SeenRequest[]
  /** Writes more of the answer; under a step, a later attempt begins that step again. */
  say(text: string, step?: string): Promise<Outcome>
  /** Calls a tool of its own. */
  call(id: string, name: string): Promise<Outcome>
  /** Gives the result of the call. */
  result(id: string, output: string): Promise<Outcome>
  ask(question: Question): Promise<Outcome>
  /** Lets go of the run until the questions with these keys have an answer. */
  suspend(keys: readonly string[]): Promise<Outcome>
  /** Says that it has taken a steer into account. */
  take(message: string): Promise<Outcome>
  end(how: 'complete' | 'failed'): Promise<Outcome>
  /** Resolves when it has been told; at once if that was before. What it was told is told once. */
  told(what: Told): Promise<void>
  /** Whether it was told, now. */
  wasTold(what: Told): boolean
}

export interface PromptLine {
  readonly role: 'user' | 'assistant'
  readonly author: string
  readonly name: string
  readonly text: string
  readonly isStopped: boolean
  /** Tool calls without a result: models refuse a prompt that has one. */
  readonly danglingCalls: number
}

/** What an agent asks of people and of their devices. */
export type Question = { readonly key: string; readonly title: string; readonly expiresMs?: number } & (
  | { readonly kind: 'approval'; readonly action: string }
  | { readonly kind: 'question' }
  /** A tool that one device runs. */
  | { readonly kind: 'tool'; readonly name: string }
)

/** The server said no to somebody who opened or read a session. */
export class Refused extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.name = 'Refused'
    this.code = code
  }
}
