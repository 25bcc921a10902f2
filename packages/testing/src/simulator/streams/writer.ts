/** Whoever writes to a stream: says each thing until it is answered, and stops when it is refused for good. */
import { HeadraceError } from '@headrace/core'
import type { Random } from '../random.ts'
import type { StreamWorld } from './world.ts'

export class Writer {
  readonly path: string
  readonly #world: StreamWorld
  readonly #id: string
  #seq = 0
  #epoch = 0
  #busy = false
  #isOver = false

  constructor(path: string, world: StreamWorld) {
    this.path = path
    this.#world = world
    this.#id = world.newName('p')
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Says a few things, one after the other. */
  write(random: Random): boolean {
    if (this.#busy || this.#isOver) return false
    this.#busy = true
    if (random.chance(0.1)) {
      this.#epoch += 1
      this.#seq = 0
    }
    void this.#write(random.between(1, 4), random).finally(() => (this.#busy = false))
    return true
  }

  async #write(count: number, random: Random): Promise<void> {
    const { journal } = this.#world
    for (let left = count; left > 0; left -= 1) {
      const producer = { id: this.#id, epoch: this.#epoch, seq: this.#seq }
      const text = `${this.#id}/${this.#epoch} ${this.#seq}`
      const close = left === 1 && random.chance(0.05)
      const said = (): Promise<void> =>
        this.#world
          .insist((server) => server.append(this.path, { text, producer, close }))
          .then((answer) => journal.appended(this.path, answer, text))
      try {
        // Sometimes it loses its patience.
        await Promise.all(random.chance(0.15) ? [said(), said()] : [said()])
      } catch (thrown) {
        this.#isOver = true
        this.#world.note(this.#id, `is refused: ${HeadraceError.from(thrown).message}`)
        return
      }
      this.#seq += 1
    }
  }
}

/** Says one thing once, and never learns more than the answer to that. */
export async function sayOnce(world: StreamWorld, path: string): Promise<void> {
  const text = world.newName('once')
  const answer = await world.ask((server) => server.append(path, { text, close: false })).catch(() => undefined)
  if (answer) world.journal.appended(path, answer, text)
}
