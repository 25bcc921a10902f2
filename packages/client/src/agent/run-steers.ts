/** What people say to a run while it works (C5), until the run says that it has taken it into account. */
import type { HeadraceError, Message, MessageId, SessionView } from '@headrace/core'
import { Listeners } from '../listeners.ts'

export class RunSteers {
  readonly #known = new Set<MessageId>()
  readonly #pending = new Map<MessageId, Message>()
  readonly #listeners: Listeners<Message>
  readonly #readers = new Set<{ readonly queue: Message[]; wake: () => void }>()
  #isOver = false

  constructor(run: string, view: SessionView, onError: (error: HeadraceError) => void) {
    this.#listeners = new Listeners(onError)
    const steers = view.runs.find((candidate) => candidate.id === run)?.steers ?? []
    for (const { message: id, status } of steers) {
      const message = view.messages.find((candidate) => candidate.id === id)
      if (status === 'pending' && message) this.add(message)
    }
  }

  /** Those that were not taken into account yet, oldest first. */
  get pending(): readonly Message[] {
    return [...this.#pending.values()]
  }

  /** Being told twice is harmless. */
  add(message: Message): void {
    if (this.#known.has(message.id)) return
    this.#known.add(message.id)
    this.#pending.set(message.id, message)
    for (const reader of this.#readers) {
      reader.queue.push(message)
      reader.wake()
    }
    this.#listeners.emit(message)
  }

  consumed(id: MessageId): void {
    this.#pending.delete(id)
  }

  listen(listener: (message: Message) => void): () => void {
    return this.#listeners.add(listener)
  }

  /** The pending ones, then each that comes, until the run is over. Bounded by what the server lets people steer. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Message, void, undefined> {
    const reader = { queue: [...this.#pending.values()], wake: (): void => undefined }
    this.#readers.add(reader)
    try {
      for (;;) {
        const next = reader.queue.shift()
        if (next) yield next
        else if (this.#isOver) return
        else await new Promise<void>((resolve) => (reader.wake = resolve))
      }
    } finally {
      this.#readers.delete(reader)
    }
  }

  stop(): void {
    this.#isOver = true
    for (const reader of this.#readers) reader.wake()
  }
}
