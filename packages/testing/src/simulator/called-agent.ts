/** An agent that is called by webhook, and works over HTTP then. Its machine fails as those of others do. */
import type { Actor, RunSignal } from '@headrace/core'
import { CallAudit } from './call-audit.ts'
import { Host } from './host.ts'
import { workOverHttp } from './http-work.ts'
import type { PulledRun } from './subject.ts'
import type { World } from './world.ts'

/** The agent that is called, where one is. */
export const calledAgent = 'hook'

interface Call {
  readonly type: 'run.assigned' | 'run.signal'
  readonly data: PulledRun & { readonly agent: string; readonly signal: RunSignal['signal'] }
}

/** What a server has to wait for. */
const timeoutMs = 15_000

export class CalledAgent {
  readonly host: Host
  readonly audit: CallAudit
  readonly #world: World
  readonly #actor: Actor = `agent:${calledAgent}`
  #working = 0
  /** Nobody answers there until then. */
  #downUntil = 0

  constructor(world: World) {
    this.#world = world
    this.host = new Host(calledAgent, world.loop)
    const { faults } = world.setup
    this.audit = new CallAudit({
      history: (session) => world.journal.history(world.key(session)),
      fail: world.journal.fail,
      now: () => world.nowMs,
      setup: world.setup,
      isCalm: world.setup.servers === 1 && !faults.some((fault) => disturbing.has(fault)),
    })
  }

  get isBusy(): boolean {
    return this.#working > 0
  }

  /** It does not answer for a while. */
  down(ms: number): void {
    this.#downUntil = Math.max(this.#downUntil, this.#world.nowMs + ms)
  }

  /** A server calls it. Resolves to the status of the answer, or to `undefined` where none came in time. */
  async called(server: Host, body: string): Promise<number | undefined> {
    const call = JSON.parse(body) as Call // sent by a server under test
    const { world, random } = { world: this.#world, random: this.#world.random.fork(this.#world.newName('call')) }
    const { delayMs, faults } = world.setup
    world.note(server.name, `calls ${calledAgent}: ${body}`)
    const answered = this.audit.called(call.type, call.data)
    const has = (fault: (typeof faults)[number]): boolean => !world.isHealing && faults.includes(fault)
    const isLost = has('lost-answer') && random.chance(0.15)
    await this.#pause(random.between(...delayMs))
    if (isLost && random.chance(0.5)) return this.#answer(server, { answered, status: undefined, ms: timeoutMs })
    const isDown = !world.isHealing && world.nowMs < this.#downUntil
    if (isDown) return this.#answer(server, { answered, status: 503, ms: random.between(...delayMs) })
    const isSlow = has('agent-freeze') && random.chance(0.2)
    const ms = random.between(...delayMs) + (isSlow ? random.between(0, 20_000) : 0)
    // What it took it may forget, as when it dies.
    const isForgotten = has('agent-death') && random.chance(0.2)
    if (call.type === 'run.assigned' && !isForgotten) void this.#work(call.data)
    return this.#answer(server, { answered, status: isLost ? undefined : 202, ms })
  }

  async #answer(
    server: Host,
    {
      answered,
      status,
      ms,
    }: { readonly answered: (isTaken: boolean) => void; readonly status: number | undefined; readonly ms: number },
  ): Promise<number | undefined> {
    const isInTime = status !== undefined && ms < timeoutMs
    await this.#pause(Math.min(ms, timeoutMs))
    return new Promise((resolve) =>
      server.deliver(() => {
        answered(isInTime && status < 300)
        resolve(isInTime ? status : undefined)
      }),
    )
  }

  async #work(run: PulledRun): Promise<void> {
    const world = this.#world
    this.#working += 1
    const random = world.random.fork(`called ${run.session} ${run.run} ${run.attempt}`)
    await workOverHttp({ world, host: this.host, actor: this.#actor, random }, run).finally(() => (this.#working -= 1))
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#world.loop.after(ms, resolve))
  }
}

/** Faults by which an attempt can be lost on its way, or a failure can not be written down in time. */
const disturbing: ReadonlySet<string> = new Set([
  'crash',
  'restart',
  'freeze',
  'clock',
  'unknown',
  'flaky',
  'outage',
  'full',
])
