/** A process that works as an agent, and the work that it does. */
import { createWorker, type AgentRun, type Output, type Worker } from '@headrace/client/agent'
import type { Actor } from '@headrace/core'
import { Host } from './host.ts'
import { scripted } from './scripted.ts'
import type { World } from './world.ts'
import type { Random } from './random.ts'

export class WorkerProcess {
  readonly name: string
  readonly agent: string
  readonly host: Host
  readonly worker: Worker
  readonly #world: World
  #closed = false

  constructor(name: string, agent: string, world: World) {
    this.name = name
    this.agent = agent
    this.#world = world
    this.host = new Host(name, world.loop)
    const actor: Actor = `agent:${name}`
    const random = world.random.fork(`worker ${name}`)
    const { capacity, leaseMs } = world.setup
    this.worker = (world.subject.createWorker ?? createWorker)({
      url: 'http://sim',
      token: () => world.token(actor),
      WebSocket: world.webSocket(this.host, actor),
      fetch: () => Promise.reject(new Error('no page of older messages is simulated')),
      clock: this.host.clock,
      random: () => random.next(),
      newId: () => world.newName(name),
      agent,
      capacity,
      leaseMs,
      onError: (error) => world.reported(name, error),
      handler: (run) => this.#work(run),
    })
  }

  get isLive(): boolean {
    return !this.#closed && !this.host.isDead
  }

  /** Nothing more happens in it. Its connections break, or only fall silent. */
  kill(tellsServer: boolean): void {
    this.host.kill()
    for (const link of this.#world.links)
      if (link.client.host === this.host) link.cut({ tells: tellsServer ? ['server'] : [] })
  }

  async close(): Promise<void> {
    if (!this.isLive) return
    this.#closed = true
    await this.worker.close({ graceMs: 1_000 })
  }

  async #work(run: AgentRun): Promise<void> {
    const random = this.#world.random.fork(`work ${run.session} ${run.id} ${run.attempt} ${this.name}`)
    const isStubborn = !this.#world.isHealing && random.chance(0.15)
    const steps = random.between(1, 3)
    this.#world.note(this.name, `works on ${run.id}, attempt ${run.attempt}`)
    for (let step = 0; step < steps; step += 1) {
      if (random.chance(0.5)) await this.#write(run, run, { random, isStubborn })
      else await run.step(`step${step}`, (out) => this.#write(run, out, { random, isStubborn }))
    }
    if (random.chance(0.1)) throw new Error(`${scripted}, the handler of ${run.id} fails`)
  }

  async #write(
    run: AgentRun,
    out: Output,
    { random, isStubborn }: { readonly random: Random; readonly isStubborn: boolean },
  ): Promise<void> {
    const pauseMs = random.pick([0, 5, 40, 700]) ?? 0
    for (let count = random.below(8); count > 0; count -= 1) {
      if (run.signal.aborted && !isStubborn) run.signal.throwIfAborted()
      const kind = random.below(10)
      if (kind === 0) await out.reasoning(`why ${run.attempt} `)
      else if (kind === 1) await this.#call(out, random)
      else await out.text(`${run.id}/${run.attempt}-${random.below(1_000)} `)
      if (pauseMs > 0) await this.#pause(random.between(1, 2 * pauseMs))
    }
  }

  async #call(out: Output, random: Random): Promise<void> {
    const callId = `c${random.below(1_000)}`
    await out.write({ type: 'tool-call', callId, name: 'look', input: { at: callId } })
    await this.#pause(random.between(0, 50))
    if (random.chance(0.8)) await out.write({ type: 'tool-result', callId, output: { found: callId } })
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.host.clock.after(ms, resolve))
  }
}
