import { randomUUID } from 'node:crypto'
import { promptView, type Down, type SessionView, type WriteOp } from '@headrace/core'
import type { Agent, Outcome, PromptLine, Question, Told, Work } from '../session-kit/session-server.ts'
import type { SeenRequest } from '../session-kit/seen.ts'
import { promptLine, seenMessage, seenRequest } from './translate.ts'
import { Wire } from './wire.ts'

interface AgentOptions {
  readonly url: string
  readonly token: string
  readonly name: string
  readonly leaseMs: number
}

type Assignment = Extract<Down, { readonly type: 'assign' }>
type Signal = Extract<Down, { readonly type: 'signal' }>

/** A worker on a connection of its own, which dies, freezes and comes back when it is told to. */
export class HeadraceAgent implements Agent {
  readonly #options: AgentOptions
  readonly #works = new Map<string, HeadraceWork>()
  readonly #ready: HeadraceWork[] = []
  readonly #waiting: ((work: Work) => void)[] = []
  #wire: Wire | undefined
  #heartbeats: NodeJS.Timeout | undefined

  private constructor(options: AgentOptions) {
    this.#options = options
  }

  static async open(options: AgentOptions): Promise<HeadraceAgent> {
    const { url, token, name, leaseMs } = options
    const agent = new HeadraceAgent(options)
    const wire = await Wire.open(
      url,
      token,
      (frame) => agent.#receive(frame),
      () => agent.#stopHeartbeats(),
    )
    agent.#wire = wire
    agent.#startHeartbeats()
    wire.send({ type: 'work', agent: name, worker: randomUUID(), capacity: 64, leaseMs })
    return agent
  }

  work(): Promise<Work> {
    const ready = this.#ready.shift()
    return ready ? Promise.resolve(ready) : new Promise((resolve) => this.#waiting.push(resolve))
  }

  kill(): void {
    this.#stopHeartbeats()
    this.#wire?.drop()
  }

  freeze(): void {
    this.#stopHeartbeats()
    this.#wire?.freeze()
  }

  thaw(): void {
    this.#wire?.thaw()
    this.#startHeartbeats()
  }

  async close(): Promise<void> {
    this.#stopHeartbeats()
    await this.#wire?.close()
  }

  #startHeartbeats(): void {
    this.#stopHeartbeats()
    this.#heartbeats = setInterval(() => {
      for (const work of this.#works.values()) work.heartbeat()
    }, this.#options.leaseMs / 3)
  }

  #stopHeartbeats(): void {
    clearInterval(this.#heartbeats)
  }

  #receive(frame: Down): void {
    if (frame.type === 'signal') this.#works.get(`${frame.run} ${frame.attempt}`)?.signal(frame)
    if (frame.type !== 'assign' || !this.#wire) return
    const key = `${frame.run} ${frame.attempt}`
    const work = new HeadraceWork(this.#wire, frame, () => this.#works.delete(key))
    this.#works.set(key, work)
    const next = this.#waiting.shift()
    if (next) next(work)
    else this.#ready.push(work)
  }
}

const told: Readonly<Partial<Record<Signal['signal'], Told>>> = {
  cancel: 'stop',
  lost: 'lost',
  paused: 'held',
  resumed: 'go-on',
  steered: 'steered',
  answered: 'answered',
}

class HeadraceWork implements Work {
  readonly run: string
  readonly attempt: number
  readonly #wire: Wire
  readonly #session: string
  readonly #view: SessionView
  readonly #agent: string
  readonly #onOver: () => void
  readonly #told: Told[] = []
  readonly #waiting: { readonly what: Told; readonly resolve: () => void }[] = []
  readonly #open = new Set<string>()
  #n = 0
  #writing: Promise<unknown> = Promise.resolve()

  constructor(wire: Wire, { session, run, attempt, agent, view }: Assignment, onOver: () => void) {
    this.#wire = wire
    this.#session = session
    this.#view = view
    this.#agent = agent
    this.#onOver = onOver
    this.run = run
    this.attempt = attempt
  }

  get input(): string {
    const id = this.#view.runs.find((run) => run.id === this.run)?.input
    const message = this.#view.messages.find((candidate) => candidate.id === id)
    return message ? seenMessage(message).text : ''
  }

  get prompt(): readonly PromptLine[] {
    return promptView(this.#view, { agent: this.#agent, run: this.run }).map(promptLine)
  }

  get requests(): readonly SeenRequest[] {
    return this.#view.requests.filter(({ run }) => run === this.run).map(seenRequest)
  }

  say(text: string, step?: string): Promise<Outcome> {
    const part = `text-${step ?? ''}`
    const delta: WriteOp = { op: 'delta', message: 'answer', part, text }
    const start = { kind: 'text' } as const
    const open: WriteOp = { op: 'open', message: 'answer', part, start, ...(step !== undefined && { step }) }
    return this.#write(
      () => (this.#open.has(part) ? [delta] : [open, delta]),
      () => this.#open.add(part),
    )
  }

  call(id: string, name: string): Promise<Outcome> {
    return this.#writeOne({
      op: 'open',
      message: 'answer',
      part: id,
      start: { kind: 'tool', name, callId: id, input: {} },
    })
  }

  result(id: string, output: string): Promise<Outcome> {
    return this.#writeOne({ op: 'close', message: 'answer', part: id, fields: { output } })
  }

  ask({ key, title, expiresMs, ...question }: Question): Promise<Outcome> {
    const base = { title, ...(expiresMs !== undefined && { expiresMs }) }
    return this.#writeOne({ op: 'request', key, spec: { ...base, ...question } })
  }

  suspend(keys: readonly string[]): Promise<Outcome> {
    return this.#last({ op: 'suspend', waitsFor: keys })
  }

  take(message: string): Promise<Outcome> {
    return this.#writeOne({ op: 'consume', message })
  }

  end(how: 'complete' | 'failed'): Promise<Outcome> {
    return this.#last({ op: 'end', reason: how })
  }

  told(what: Told): Promise<void> {
    const index = this.#told.indexOf(what)
    if (index >= 0) this.#told.splice(index, 1)
    return index >= 0 ? Promise.resolve() : new Promise((resolve) => this.#waiting.push({ what, resolve }))
  }

  wasTold(what: Told): boolean {
    return this.#told.includes(what)
  }

  signal({ signal }: Signal): void {
    const what = told[signal]
    if (what === undefined) return
    if (what === 'lost') this.#onOver()
    const index = this.#waiting.findIndex((waiting) => waiting.what === what)
    if (index < 0) this.#told.push(what)
    else this.#waiting.splice(index, 1)[0]?.resolve()
  }

  heartbeat(): void {
    const body = { type: 'heartbeat' as const, run: this.run, attempt: this.attempt }
    void this.#wire.ask(this.#session, body, randomUUID())
  }

  async #last(op: WriteOp): Promise<Outcome> {
    const outcome = await this.#writeOne(op)
    if (outcome.result !== 'refused') this.#onOver()
    return outcome
  }

  #writeOne(op: WriteOp): Promise<Outcome> {
    return this.#write(() => [op])
  }

  /** One batch after the other: what is in it is known when those before are answered, and a number that was refused is used again. */
  #write(opsOf: () => readonly WriteOp[], onDone: () => void = () => undefined): Promise<Outcome> {
    const written = this.#writing.then(async () => {
      const n = this.#n + 1
      const body = { type: 'write' as const, run: this.run, attempt: this.attempt, n, ops: opsOf() }
      const outcome = await this.#wire.ask(this.#session, body, randomUUID())
      if (outcome.result !== 'done' && outcome.result !== 'already') return outcome
      this.#n = n
      onDone()
      return outcome
    })
    this.#writing = written
    return written
  }
}
