import { ada } from './people.ts'
import type {
  Agent,
  AgentOptions,
  Identity,
  OpenOptions,
  SessionServer,
  SessionSettings,
  Tab,
  Work,
} from './session-server.ts'
import type { SeenMessage, SeenRequest, SeenRun, SeenState } from './seen.ts'

/** The rest of the time of a scenario that waits for something which never comes. */
class Overdue extends Error {
  constructor(what: string, seen?: SeenState) {
    super(`never came: ${what}${seen ? `; last seen: ${JSON.stringify(seen).slice(0, 2_000)}` : ''}`)
    this.name = 'Overdue'
  }
}

/** What a scenario works with: a session of its own, and everybody who is opened on it is closed after it. */
export class Stage {
  readonly server: SessionServer
  readonly session: string
  /** What was measured or has to be said beside the result. */
  readonly notes: string[] = []
  readonly #over: Promise<never>
  readonly #opened: { close(): Promise<unknown> }[] = []

  private constructor(server: SessionServer, session: string, over: Promise<never>) {
    this.server = server
    this.session = session
    this.#over = over
  }

  /** @param over - rejects when the scenario has no time left */
  static async open(server: SessionServer, over: Promise<never>, settings?: SessionSettings): Promise<Stage> {
    return new Stage(server, await Promise.race([server.create(settings), over]), over)
  }

  /** Another session on the same stage. */
  async another(settings: SessionSettings): Promise<Stage> {
    const stage = await Stage.open(this.server, this.#over, settings)
    this.#opened.push(stage)
    return stage
  }

  note(text: string): void {
    this.notes.push(text)
  }

  async tab(who: Identity = ada, options?: OpenOptions): Promise<Tab> {
    return this.#keep(await this.comes('a tab that is open', this.server.open(this.session, who, options)))
  }

  async agent(name = 'assistant', options?: AgentOptions): Promise<Agent> {
    return this.#keep(await this.comes('an agent that is ready', this.server.agent(this.session, name, options)))
  }

  /** A network that can be broken. */
  async network(): ReturnType<SessionServer['network']> {
    return this.#keep(await this.server.network())
  }

  /** Waits for something within the time of the scenario. */
  async comes<T>(what: string, promise: Promise<T>): Promise<T> {
    const overdue = this.#over.catch(() => {
      throw new Overdue(what)
    })
    return Promise.race([promise, overdue])
  }

  /** Waits until a tab shows something, and gives that. */
  async until<T>(tab: Tab, what: string, find: (state: SeenState) => T | undefined | false): Promise<T> {
    let isWaiting = true
    const shown = new Promise<T>((resolve) => {
      const look = (): void => {
        if (!isWaiting) return
        const found = find(tab.state)
        if (found === undefined || found === false) return
        isWaiting = false
        resolve(found)
      }
      tab.onChange(look)
      look()
    })
    const overdue = this.#over.catch(() => {
      isWaiting = false
      throw new Overdue(what, tab.state)
    })
    return Promise.race([shown, overdue])
  }

  /** Asks the agent, and waits until the tab shows the run. */
  async ask(tab: Tab, text: string): Promise<SeenRun> {
    const outcome = await this.comes(`an answer to sending "${text}"`, tab.do({ do: 'send', text }))
    if (outcome.result !== 'done') throw new Error(`sending "${text}": ${JSON.stringify(outcome)}`)
    return this.until(tab, `a run for "${text}"`, (state) => runFor(state, text))
  }

  /** Asks the agent, and gives what it gets. */
  async begin(tab: Tab, agent: Agent, text: string): Promise<Work> {
    await this.ask(tab, text)
    return this.comes(`work on "${text}"`, agent.work())
  }

  async over(tab: Tab, run: string): Promise<SeenRun> {
    return this.until(tab, `the end of run ${run}`, (state) =>
      state.runs.find(({ id, status }) => id === run && status === 'over'),
    )
  }

  async request(tab: Tab, title: string): Promise<SeenRequest> {
    return this.until(tab, `the request "${title}"`, (state) => requestFor(state, title))
  }

  /** Waits until it is known of every steer of a run what became of it. */
  async drained(tab: Tab, run: string): Promise<SeenRun> {
    return this.until(tab, `what became of the steers of run ${run}`, (state) =>
      state.runs.find(({ id, steers }) => id === run && steers.every(({ status }) => status !== 'pending')),
    )
  }

  /** Waits until a tab shows so much of the answer of a run. */
  async says(tab: Tab, run: string, text: string): Promise<SeenMessage> {
    return this.until(tab, `"${text}" from run ${run}`, (state) => {
      const answer = answerOf(state, run)
      return answer?.text.includes(text) ? answer : undefined
    })
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#opened.map((one) => one.close()))
  }

  #keep<T extends { close(): Promise<unknown> }>(one: T): T {
    this.#opened.push(one)
    return one
  }
}

/** The input with a text. */
export function inputOf(state: SeenState, text: string): SeenMessage | undefined {
  return state.messages.find((message) => message.role === 'user' && message.text === text)
}

/** The newest run that answers an input with this text. */
export function runFor(state: SeenState, text: string): SeenRun | undefined {
  const input = inputOf(state, text)
  return input && state.runs.findLast((run) => run.input === input.id)
}

/** What a run has answered. */
export function answerOf(state: SeenState, run: string): SeenMessage | undefined {
  return state.messages.find((message) => message.role === 'assistant' && message.run === run)
}

export function requestFor(state: SeenState, title: string): SeenRequest | undefined {
  return state.requests.find((request) => request.title === title)
}

/** What was said, done and asked; who is there and how long the log is may change by itself. */
export function conversation({
  messages,
  runs,
  requests,
}: SeenState): Pick<SeenState, 'messages' | 'runs' | 'requests'> {
  return { messages, runs, requests }
}
