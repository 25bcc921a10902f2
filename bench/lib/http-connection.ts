import { connect, type Socket } from 'node:net'

/**
 * One kept-alive HTTP/1.1 connection that sends one request at a time and looks at the status only. It stands in for a
 * client library, which would cost the load process more than it costs the server to answer.
 */
export class HttpConnection {
  readonly #socket: Socket
  readonly #host: string
  readonly #waiting: ((status: number) => void)[] = []
  #text = ''

  private constructor(socket: Socket, host: string) {
    this.#socket = socket
    this.#host = host
    socket.on('data', (chunk: Buffer) => this.#receive(chunk.toString('latin1')))
  }

  static async open(url: URL): Promise<HttpConnection> {
    return new HttpConnection(await openSocket(url), url.host)
  }

  /** Resolves to the status of the response. */
  request(method: string, path: string, body: string): Promise<number> {
    const head = `${method} ${path} HTTP/1.1\r\nHost: ${this.#host}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`
    this.#socket.write(head + body, 'latin1')
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  #receive(chunk: string): void {
    this.#text += chunk
    for (;;) {
      const end = this.#text.indexOf('\r\n\r\n')
      if (end === -1) return
      const head = this.#text.slice(0, end).toLowerCase()
      const length = Number(/content-length: (\d+)/.exec(head)?.[1] ?? 0)
      let total = end + 4 + length
      if (head.includes('transfer-encoding: chunked')) {
        const last = this.#text.indexOf('0\r\n\r\n', end + 4)
        if (last === -1) return
        total = last + 5
      }
      if (this.#text.length < total) return
      this.#text = this.#text.slice(total)
      this.#waiting.shift()?.(Number(head.slice(9, 12)))
    }
  }

  close(): void {
    this.#socket.destroy()
  }
}

/** A TCP connection that fails loudly. */
export async function openSocket(url: URL): Promise<Socket> {
  const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  return socket
}
