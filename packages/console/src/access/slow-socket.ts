/** A connection that can be made slow on purpose, to see that slow is all that it is. */
let delayMs = 0
const listeners = new Set<() => void>()

export const slowness = {
  get: (): number => delayMs,
  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
  /** @param ms - how much later everything comes and goes; 0: at once */
  set(ms: number): void {
    delayMs = ms
    for (const listener of listeners) listener()
  },
}

export class SlowSocket extends WebSocket {
  readonly #in = createLine()
  readonly #out = createLine()

  override addEventListener(type: string, listener: EventListenerOrEventListenerObject): void {
    if (type !== 'message' || typeof listener !== 'function') return super.addEventListener(type, listener)
    super.addEventListener(type, (event) => this.#in(() => listener(event)))
  }

  override send(data: Parameters<WebSocket['send']>[0]): void {
    this.#out(() => {
      if (this.readyState === WebSocket.OPEN) super.send(data)
    })
  }
}

/** Does one thing after the other, each late by what the slowness is when it comes, and none before one that came earlier. */
function createLine(): (act: () => void) => void {
  let waiting = 0
  let last = 0
  return (act) => {
    const now = Date.now()
    const at = Math.max(now + delayMs, last)
    if (waiting === 0 && at <= now) return act()
    waiting += 1
    last = at
    setTimeout(() => {
      waiting -= 1
      act()
    }, at - now)
  }
}
