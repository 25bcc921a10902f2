/**
 * An agent without a socket: takes one run at a time over HTTP and writes each batch until it is answered. Careless on
 * purpose: it sends batches twice and at once, goes on when it has long lost the run, and comes back with old ones.
 */
import type { Actor, CommandBody, WriteOp } from '@headrace/core'
import { Host } from './host.ts'
import type { Random } from './random.ts'
import type { PulledRun } from './subject.ts'
import type { World } from './world.ts'

export class Puller {
  readonly host: Host
  readonly #world: World
  readonly #actor: Actor = 'agent:puller'
  #busy = false

  constructor(world: World) {
    this.#world = world
    this.host = new Host('puller', world.loop)
  }

  get isBusy(): boolean {
    return this.#busy
  }

  /** Takes a run and works on it. Returns whether it had time. */
  pull(random: Random): boolean {
    if (this.#busy) return false
    this.#busy = true
    void this.#pull(random).finally(() => (this.#busy = false))
    return true
  }

  async #pull(random: Random): Promise<void> {
    const { setup } = this.#world
    const agent = random.pick(setup.agents) ?? 'assistant'
    const worker = this.#world.newName('puller')
    const grant = this.#world.grant(this.#actor)
    const pulled = await this.#world.http(this.host, (server) => server.claim(agent, worker, grant, setup.leaseMs))
    if (pulled) await this.#work(pulled, random)
  }

  async #work(pulled: PulledRun, random: Random): Promise<void> {
    const batches = random.between(1, 5)
    for (let n = 1; n <= batches; n += 1) {
      const isLast = n === batches && random.chance(0.8)
      const body = this.#batch(pulled, n, isLast)
      const copies = random.chance(0.3) ? 2 : 1
      const asked = Array.from({ length: copies }, () => this.#ask(pulled, body))
      if (random.chance(0.2) && n > 1) asked.push(this.#ask(pulled, this.#batch(pulled, n - 1, false)))
      const outcomes = await Promise.all(asked)
      if (outcomes.every((outcome) => outcome.outcome === 'refused') && !random.chance(0.3)) return
      // Sometimes for longer than its lease.
      await this.#pause(random.chance(0.2) ? random.between(0, 2 * this.#world.setup.leaseMs) : random.between(0, 300))
    }
  }

  #batch({ run, attempt }: PulledRun, n: number, isLast: boolean): Extract<CommandBody, { readonly type: 'write' }> {
    const ops: WriteOp[] = []
    if (n === 1) ops.push({ op: 'open', message: 'answer', part: 'p', start: { kind: 'text' } })
    ops.push({ op: 'delta', message: 'answer', part: 'p', text: `${run}/${attempt}#${n} ` })
    if (isLast) ops.push({ op: 'end', reason: 'complete' })
    return { type: 'write', run, attempt, n, ops }
  }

  #ask({ session }: PulledRun, body: CommandBody): ReturnType<World['ask']> {
    return this.#world.ask(this.host, this.#actor, { id: this.#world.newName('pull-'), session, body })
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.host.clock.after(ms, resolve))
  }
}
