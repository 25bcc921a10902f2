/** An agent without a socket: takes one run at a time over HTTP. */
import type { Actor } from '@headrace/core'
import { Host } from './host.ts'
import { workOverHttp } from './http-work.ts'
import type { Random } from './random.ts'
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
    const name = this.#world.newName('puller')
    const grant = this.#world.grant(this.#actor)
    const pulled = await this.#world.http(this.host, (server) => server.claim(agent, name, grant, setup.leaseMs))
    if (pulled) await workOverHttp({ world: this.#world, host: this.host, actor: this.#actor, random }, pulled)
  }
}
