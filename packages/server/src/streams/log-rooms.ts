import { HeadraceError, type SessionKey } from '@headrace/core'
import { LogRoom, type LogRoomOptions, type LogRules } from './log-room.ts'

/** One that nobody used for so long is let go. */
const idleMs = 60_000
const sweepMs = 10_000
const freshMs = 5_000
/** Most that stay open without being needed: asking for many that do not exist must cost no memory. */
const maxOpen = 10_000

interface Numbered {
  readonly seq: number
  readonly at: number
}

/** The logs of one kind that are open on this server: opened on demand, let go when nothing needs them. */
export class LogRooms<State extends Numbered, Event extends Numbered, Command, Answer> {
  readonly #rules: LogRules<State, Event, Command, Answer>
  readonly #options: LogRoomOptions
  readonly #rooms = new Map<SessionKey, { readonly room: LogRoom<State, Event, Command, Answer>; askedAt: number }>()
  readonly #opening = new Map<SessionKey, Promise<LogRoom<State, Event, Command, Answer>>>()
  readonly #onOpen: (room: LogRoom<State, Event, Command, Answer>) => void
  #cancelSweep: () => void = () => undefined
  #closing: Promise<void> | undefined

  constructor(
    rules: LogRules<State, Event, Command, Answer>,
    options: LogRoomOptions,
    onOpen: (room: LogRoom<State, Event, Command, Answer>) => void = () => undefined,
  ) {
    this.#rules = rules
    this.#options = options
    this.#onOpen = onOpen
  }

  async room(key: SessionKey): Promise<LogRoom<State, Event, Command, Answer>> {
    if (this.#closing) throw new HeadraceError('draining', 'The server is shutting down; try again in a moment.')
    const open = this.#rooms.get(key)
    if (open) {
      open.askedAt = this.#options.clock.now()
      // Behind all others, so that the first are those that nobody asked for in the longest time.
      this.#rooms.delete(key)
      this.#rooms.set(key, open)
      return open.room
    }
    let opening = this.#opening.get(key)
    if (!opening) {
      opening = this.#open(key).finally(() => this.#opening.delete(key))
      this.#opening.set(key, opening)
    }
    return opening
  }

  async #open(key: SessionKey): Promise<LogRoom<State, Event, Command, Answer>> {
    const room = await LogRoom.open(key, this.#rules, this.#options)
    if (this.#rooms.size === 0) this.#scheduleSweep()
    this.#rooms.set(key, { room, askedAt: this.#options.clock.now() })
    this.#onOpen(room)
    if (this.#rooms.size > maxOpen) this.#letGo(this.#rooms.size - maxOpen)
    return room
  }

  /** Removes a log. Whoever asks for it next finds none. */
  async remove(room: LogRoom<State, Event, Command, Answer>): Promise<void> {
    try {
      await room.remove()
    } finally {
      // Where it failed, whoever comes next finds in the store how far it got.
      if (this.#rooms.get(room.key)?.room === room) this.#rooms.delete(room.key)
    }
  }

  #scheduleSweep(): void {
    this.#cancelSweep()
    this.#cancelSweep = this.#options.clock.after(sweepMs, () => {
      this.#sweep()
      if (this.#rooms.size > 0 && !this.#closing) this.#scheduleSweep()
    })
  }

  #sweep(): void {
    const now = this.#options.clock.now()
    for (const [key, { room, askedAt }] of this.#rooms) {
      if (!room.isIdle || now - askedAt < idleMs) continue
      this.#rooms.delete(key)
      void room.close()
    }
  }

  /** Lets those go that nobody asked for in the longest time and nobody needs now. */
  #letGo(count: number): void {
    let left = count
    for (const [key, { room, askedAt }] of this.#rooms) {
      // Whoever asked a moment ago has not begun to use it.
      if (left === 0 || this.#options.clock.now() - askedAt < freshMs) return
      if (!room.isIdle) continue
      this.#rooms.delete(key)
      void room.close()
      left -= 1
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#opening.values())
    this.#cancelSweep()
    await Promise.all([...this.#rooms.values()].map(({ room }) => room.close()))
    this.#rooms.clear()
  }
}
