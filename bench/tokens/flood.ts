/** Keeps so many events of each session under way: the next one goes out when one has come back. */
export class Flood {
  readonly #sessions: number
  readonly #outstanding: number
  readonly #emit: (session: number) => void
  #stopped = true

  constructor(sessions: number, outstanding: number, emit: (session: number) => void) {
    this.#sessions = sessions
    this.#outstanding = outstanding
    this.#emit = emit
  }

  start(): void {
    this.#stopped = false
    for (let session = 0; session < this.#sessions; session += 1)
      for (let count = 0; count < this.#outstanding; count += 1) this.#emit(session)
  }

  /** A reader has an event of this session. */
  arrived(session: number): void {
    if (!this.#stopped) this.#emit(session)
  }

  stop(): void {
    this.#stopped = true
  }
}
