/** A person's device: a client that follows sessions and sends commands. */
import { connect, type Accepted, type Client, type Session } from '@headrace/client'
import { HeadraceError, type Actor } from '@headrace/core'
import { Host } from './host.ts'
import { ReaderJournal } from './reader-journal.ts'
import type { World } from './world.ts'

export class Device {
  readonly name: string
  readonly actor: Actor
  readonly host: Host
  readonly client: Client
  readonly readers: Map<string, ReaderJournal> = new Map()
  readonly #world: World
  #closed = false

  constructor(name: string, actor: Actor, world: World) {
    this.name = name
    this.actor = actor
    this.#world = world
    this.host = new Host(name, world.loop)
    const random = world.random.fork(`device ${name}`)
    this.client = (world.subject.connect ?? connect)({
      url: 'http://sim',
      token: () => world.token(actor),
      WebSocket: world.webSocket(this.host, actor),
      fetch: world.fetch(this.host, actor),
      clock: this.host.clock,
      random: () => random.next(),
      newId: () => world.newName(name),
      device: name,
      online: true,
      onError: (error) => world.reported(name, error),
    })
    for (const session of world.sessions) if (random.chance(0.8)) this.follow(session, random.chance(0.5))
  }

  get isClosed(): boolean {
    return this.#closed
  }

  session(id: string): Session {
    return this.client.session(id)
  }

  follow(id: string, present: boolean): void {
    if (this.readers.has(id)) return
    const session = this.client.session(id, { present })
    const { journal } = this.#world
    const reader = new ReaderJournal(`${this.name} of ${id}`, session, {
      journal,
      history: journal.history(this.#world.key(id)),
      reader: this.#world.grant(this.actor),
    })
    this.readers.set(id, reader)
  }

  unfollow(id: string): void {
    this.readers.get(id)?.stop()
    this.readers.delete(id)
  }

  /** Sends a command through the client. */
  ask(id: string, send: (session: Session) => Promise<Accepted>): void {
    const session = this.session(id)
    const world = this.#world
    world.waiting += 1
    const before = session.getSnapshot().pending.at(-1)?.id
    const answer = send(session)
    const last = session.getSnapshot().pending.at(-1)?.id
    // What is refused before it is sent is no command.
    const command = last === before ? undefined : last
    answer
      .then(
        () => undefined,
        (thrown: unknown) => {
          const { code } = HeadraceError.from(thrown)
          const record = world.journal.commands.get(`${this.actor} ${command}`)
          // After these its sender knows that it does not know.
          if (record && code !== 'closed' && code !== 'connection_lost' && code !== 'unknown_outcome')
            world.journal.refusedForGood(record, code)
        },
      )
      .finally(() => (world.waiting -= 1))
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const id of Array.from(this.readers.keys())) this.unfollow(id)
    await this.client.close()
  }
}
