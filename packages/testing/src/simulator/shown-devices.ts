/** Which devices ask to be shown in which sessions, as what they say on their connections has it. */
import type { Actor, Down, SessionId, Up } from '@headrace/core'

type Said = Extract<Up | Down, { readonly type: 'hello' | 'subscribe' | 'unsubscribe' | 'unsubscribed' }>

export class ShownDevices {
  readonly #actor: Actor
  /** Of the connection that was opened last. */
  readonly #devices = new Map<SessionId, string>()

  constructor(actor: Actor) {
    this.#actor = actor
  }

  /** Something was sent or received. */
  said(text: string): void {
    if (!/^\{"type":"(?:hello|subscribe|unsubscribed?)"/.test(text)) return
    const frame = JSON.parse(text) as Said // written by a client or a server under test
    switch (frame.type) {
      case 'hello':
        return this.#devices.clear()
      case 'subscribe':
        if (frame.device === undefined) this.#devices.delete(frame.session)
        else this.#devices.set(frame.session, frame.device)
        return
      case 'unsubscribe':
      case 'unsubscribed':
        this.#devices.delete(frame.session)
        return
      default:
        return frame satisfies never
    }
  }

  /** As presence names them. */
  in(session: SessionId): string | undefined {
    const device = this.#devices.get(session)
    return device === undefined ? undefined : `${this.#actor} ${device}`
  }
}
