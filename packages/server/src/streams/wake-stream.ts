import { HeadraceError, type SubscriptionState } from '@headrace/core'
import type { Clock } from '../clock.ts'
import type { LinkedStreams } from './linked-streams.ts'
import type { Streams } from './streams.ts'

export interface WakeStreamOptions {
  readonly clock: Clock
  readonly streams: Pick<Streams, 'append'>
  readonly links: Pick<LinkedStreams, 'infos'>
}

/** Writes into the streams of wakes that there is work. More than once, where a server stopped or could not tell whether it had. */
export class WakeStream {
  readonly #options: WakeStreamOptions
  /** The generation of each subscription that this server last wrote of. */
  readonly #written = new Map<string, number>()

  constructor(options: WakeStreamOptions) {
    this.#options = options
  }

  /** Whether somebody may claim the wake and was not told so. @param id - of the subscription, among those of all tenants */
  isOwed(id: string, { wake, generation }: SubscriptionState): boolean {
    return wake?.status === 'open' && this.#written.get(id) !== generation
  }

  async write(id: string, tenant: string, state: SubscriptionState): Promise<void> {
    if (state.config.wakeStream === undefined || !this.isOwed(id, state)) return
    this.#written.set(id, state.generation)
    try {
      await this.#append(tenant, state.config.wakeStream, state)
    } catch (thrown) {
      this.#written.delete(id)
      throw thrown
    }
  }

  async #append(tenant: string, wakeStream: string, state: SubscriptionState): Promise<void> {
    const { streams, links, clock } = this.#options
    const { generation, name } = state
    const infos = await links.infos(tenant, state)
    const event = {
      type: 'wake',
      subscription_id: name,
      stream: infos.find(({ has_pending }) => has_pending)?.path ?? '',
      generation,
      ts: clock.now(),
    }
    const body = Buffer.from(JSON.stringify(event))
    try {
      await streams.append(tenant, wakeStream, { contentType: 'application/json', body, close: false })
    } catch (thrown) {
      // Workers can claim all the same; there is just nothing that wakes them.
      const error = HeadraceError.from(thrown)
      if (error.code !== 'stream_not_found' && error.code !== 'stream_gone') throw error
    }
  }

  /** The subscription was removed. */
  forget(id: string): void {
    this.#written.delete(id)
  }
}
