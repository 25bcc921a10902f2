import { Host } from './host.ts'
import { createSimulatedStore } from './simulated-store.ts'
import type { SimulatedServer } from './subject.ts'
import type { World } from './world.ts'

/** A server process that runs. */
export interface ServerProcess extends SimulatedServer {
  readonly host: Host
}

/** A machine that a server runs on, one process after the other. */
export class ServerSlot {
  readonly name: string
  readonly #world: World
  #process: ServerProcess | undefined
  #starts = 0
  #retired = false
  #stopping = false
  /** How far its wall clock is ahead, in milliseconds. */
  #aheadMs = 0

  constructor(name: string, world: World) {
    this.name = name
    this.#world = world
  }

  get process(): ServerProcess | undefined {
    return this.#process
  }

  get aheadMs(): number {
    return this.#aheadMs
  }

  set aheadMs(ms: number) {
    this.#aheadMs = ms
    if (this.#process) this.#process.host.aheadMs = ms
  }

  start(): void {
    // The store of one machine is let go of by one process before the next one has it.
    if (this.#process || this.#retired || this.#stopping) return
    const { loop, store: inner, trouble, setup, random, subject } = this.#world
    this.#starts += 1
    const node = `${this.name}.${this.#starts}`
    const host = new Host(node, loop)
    host.aheadMs = this.#aheadMs
    const store = createSimulatedStore({
      inner,
      host,
      loop,
      trouble,
      random: random.fork(`store ${node}`),
      delayMs: setup.storeDelayMs,
      shared: setup.servers > 1,
      onAppend: (key, events) => this.#world.durable(key, events),
    })
    const isSlow = setup.faults.includes('slow')
    const server = subject.startServer({
      node,
      store,
      clock: host.clock,
      soon: host.soon,
      paceMs: setup.paceMs,
      verify: (token) => this.#world.verify(token),
      onError: (error) => this.#world.reported(node, error),
      ...(setup.notices === true && { tell: (told) => this.#world.tell(host, told) }),
      ...(setup.webhooks === true && { call: (body) => this.#world.hook.called(host, body) }),
      called: { capacity: setup.capacity, leaseMs: setup.leaseMs },
      connectionLimits: {
        idleMs: setup.idleMs,
        maxUnsentBytes: isSlow ? 2_000 : 262_144,
        stallMs: isSlow ? 3_000 : 30_000,
      },
    })
    this.#process = { host, accept: (socket) => server.accept(socket), http: server.http, close: () => server.close() }
    this.#world.note(node, 'starts')
  }

  /** As `kill -9` and a power cut do: nothing more happens in it, and what it had not written is lost. */
  crash(tellsClients: boolean): void {
    const process = this.#process
    if (!process) return
    this.#process = undefined
    this.#world.notices.isGone(process.host.name)
    process.host.kill()
    for (const link of this.#world.links) {
      if (link.server.host === process.host) link.cut({ tells: tellsClients ? ['client'] : [] })
    }
  }

  /** It is not started again. */
  retire(): void {
    this.#retired = true
  }

  /** As a deploy does. Resolves when it is gone. */
  async stop(): Promise<void> {
    const process = this.#process
    if (!process) return
    this.#process = undefined
    this.#stopping = true
    this.#world.stopping += 1
    await process.close()
    this.#world.notices.isGone(process.host.name)
    // Its last answers and goodbyes are on their way; then the process ends.
    await new Promise<void>((resolve) => void this.#world.loop.after(lingerMs, () => resolve()))
    if (process.host.timers > 0)
      this.#world.journal.fail('no-leak', `${process.host.name} is closed and has ${process.host.timers} timers`)
    process.host.kill()
    for (const link of this.#world.links) if (link.server.host === process.host) link.cut({ tells: ['client'] })
    this.#stopping = false
    this.#world.stopping -= 1
  }
}

const lingerMs = 2_000
