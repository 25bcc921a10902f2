import { connect, type Client, type ConnectOptions, type Session } from '@headrace/client'
import { createWorker, type RunHandler, type Worker, type WorkerOptions } from '@headrace/client/agent'
import { textOf, type HeadraceError, type Message, type Request, type Run, type SessionView } from '@headrace/core'
import { until } from './until.ts'
import type { RealServer } from './real-server.ts'

const backoff = { minMs: 1, maxMs: 20 }

/** People and agents at a server; all of them leave together. */
export class Peers {
  readonly #server: RealServer
  readonly #open: (() => Promise<void>)[] = []
  /** What went wrong in the background, at any of them. */
  readonly errors: HeadraceError[] = []

  constructor(server: RealServer) {
    this.#server = server
  }

  async client(sub = 'ada', options: Partial<ConnectOptions> = {}): Promise<Client> {
    const client = connect({
      url: this.#server.url,
      token: await this.#server.token(sub),
      backoff,
      onError: (error) => this.errors.push(error),
      ...options,
    })
    this.#open.push(() => client.close())
    return client
  }

  /** The session as somebody follows it. */
  async session(sub = 'ada', options: Partial<ConnectOptions> = {}): Promise<Session> {
    const session = (await this.client(sub, options)).session('s')
    await session.create()
    session.subscribe(() => undefined)
    await reaches(session, () => session.getSnapshot().status === 'live')
    return session
  }

  async worker(handler: RunHandler, options: Partial<WorkerOptions> = {}): Promise<Worker> {
    const agent = options.agent ?? 'assistant'
    const worker = createWorker({
      url: this.#server.url,
      token: await this.#server.token(agent, { kind: 'agent' }),
      agent,
      backoff,
      onError: (error) => this.errors.push(error),
      handler,
      ...options,
    })
    this.#open.push(() => worker.close({ graceMs: 0 }))
    await worker.ready
    return worker
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#open.splice(0).map((close) => close()))
  }
}

/** Waits until what a session shows is so. */
export function reaches(session: Session, holds: (view: SessionView) => boolean): Promise<void> {
  return until(() => holds(session.getSnapshot().view), session.subscribe)
}

/** Waits for a run that is as it should be, and gives it. */
export async function run(session: Session, holds: (run: Run) => boolean): Promise<Run> {
  let found: Run | undefined
  await reaches(session, ({ runs }) => (found = runs.find(holds)) !== undefined)
  if (!found) throw new Error('unreachable')
  return found
}

/** Waits for a request that is as it should be, and gives it. */
export async function request(session: Session, holds: (request: Request) => boolean): Promise<Request> {
  let found: Request | undefined
  await reaches(session, ({ requests }) => (found = requests.find(holds)) !== undefined)
  if (!found) throw new Error('unreachable')
  return found
}

export function ended(session: Session, count = 1): Promise<void> {
  return reaches(session, ({ runs }) => runs.filter(({ status }) => status === 'ended').length >= count)
}

export function answers(session: Session): readonly string[] {
  return session
    .getSnapshot()
    .view.messages.filter(({ role }: Message) => role === 'assistant')
    .map(textOf)
}
