/** A process that works as an agent. */
import { createWorker, type AgentRun, type Worker } from '@headrace/client/agent'
import type { Actor } from '@headrace/core'
import { AgentAudit } from './agent-audit.ts'
import { Host } from './host.ts'
import { work } from './work.ts'
import type { World } from './world.ts'

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
      fetch: world.fetch(this.host, actor),
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

  #work(run: AgentRun): Promise<void> {
    const { random, setup, isHealing } = this.#world
    this.#world.note(this.name, `works on ${run.id}, attempt ${run.attempt}`)
    const { journal } = this.#world
    const audit = new AgentAudit(run, journal.history(this.#world.key(run.session)), (invariant, text) =>
      journal.fail(invariant, `${run.session}: ${text}`),
    )
    return work(run, {
      audit,
      random: random.fork(`work ${run.session} ${run.id} ${run.attempt} ${this.name}`),
      agents: this.#world.agents,
      isHurried: isHealing,
      ...(setup.redactions === true && { confidence: () => this.#world.newConfidence() }),
      // A process that is closed waits for nothing any more.
      pause: (ms) => new Promise((resolve) => this.#closed || this.host.clock.after(ms, resolve)),
    })
  }
}
