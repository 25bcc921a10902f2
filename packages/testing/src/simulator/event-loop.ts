import process from 'node:process'

/**
 * The one event loop of a simulation. Whatever happens, happens here, one thing at a time and in an order that depends on
 * nothing but the seed; between two things all promises that can go on have gone on.
 */
export class EventLoop {
  #now: number
  #count = 0
  readonly #heap: Entry[] = []
  /** How many things have happened. */
  steps = 0

  /** @param now - when it begins, milliseconds since 1970 */
  constructor(now: number) {
    this.#now = now
  }

  get now(): number {
    return this.#now
  }

  /** How many things wait; cancelled ones count until their time. */
  get size(): number {
    return this.#heap.length
  }

  /** Runs something after so many milliseconds; what was asked for first runs first. Returns what cancels it. */
  after(ms: number, run: () => void): () => void {
    const entry: Entry = { at: this.#now + Math.max(0, ms), order: this.#count, run }
    this.#count += 1
    push(this.#heap, entry)
    return () => {
      entry.run = undefined
    }
  }

  /** Lets the next thing happen that is due until then; returns whether there was one. */
  async step(until: number): Promise<boolean> {
    for (let entry = this.#heap[0]; entry !== undefined && entry.at <= until; entry = this.#heap[0]) {
      pop(this.#heap)
      const { run } = entry
      if (!run) continue
      this.#now = entry.at
      this.steps += 1
      run()
      await settle()
      return true
    }
    return false
  }

  /** Time passes though nothing happens. */
  skipTo(time: number): void {
    this.#now = Math.max(this.#now, time)
  }
}

interface Entry {
  readonly at: number
  readonly order: number
  run: (() => void) | undefined
}

/**
 * Resolves when no promise can go on any more: Node runs them all before it comes to what waits for the next tick. A turn
 * of its loop would do as well, and cost more than most of what happens in between.
 */
function settle(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve))
}

function before(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

function push(heap: Entry[], entry: Entry): void {
  let index = heap.length
  heap.push(entry)
  while (index > 0) {
    const parent = (index - 1) >> 1
    const above = heap[parent]
    if (!above || !before(entry, above)) break
    heap[index] = above
    index = parent
  }
  heap[index] = entry
}

function pop(heap: Entry[]): void {
  const last = heap.pop()
  if (!last || heap.length === 0) return
  let index = 0
  for (;;) {
    const left = 2 * index + 1
    const right = left + 1
    let least = left
    let child = heap[left]
    const other = heap[right]
    if (child && other && before(other, child)) {
      least = right
      child = other
    }
    if (!child || !before(child, last)) break
    heap[index] = child
    index = least
  }
  heap[index] = last
}
