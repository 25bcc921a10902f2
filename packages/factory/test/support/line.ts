/** A way to a server that can be cut, and mended again. */
export class Line {
  readonly #open = new Set<WebSocket>()
  #isDown = false

  /** The same sockets, over this line. */
  over(base: typeof WebSocket): typeof WebSocket {
    const line = this.#add.bind(this)
    return class extends base {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols)
        line(this)
      }
    }
  }

  cut(): void {
    this.#isDown = true
    for (const socket of this.#open) socket.close()
  }

  mend(): void {
    this.#isDown = false
  }

  #add(socket: WebSocket): void {
    this.#open.add(socket)
    socket.addEventListener('close', () => this.#open.delete(socket))
    socket.addEventListener('open', () => this.#isDown && socket.close())
  }
}
