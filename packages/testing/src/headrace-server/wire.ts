import { WebSocket, type RawData } from 'ws'
import { subprotocol, type CommandBody, type Down, type Outcome as WireOutcome, type Up } from '@headrace/core'
import { Refused, type Outcome } from '../session-kit/session-server.ts'

/** A raw connection of the native protocol: it does not reconnect, and it can be dropped and frozen. */
export class Wire {
  readonly #socket: WebSocket
  readonly #onFrame: (frame: Down) => void
  readonly #onEnd: (wire: Wire) => void
  /** By id of the command; several where it was sent again before it was answered. */
  readonly #answers = new Map<string, ((outcome: Outcome) => void)[]>()
  #welcome: ((error?: Error) => void) | undefined
  #deaf = false

  private constructor(url: string, onFrame: (frame: Down) => void, onEnd: (wire: Wire) => void) {
    this.#onFrame = onFrame
    this.#onEnd = onEnd
    this.#socket = new WebSocket(`${url.replace(/^http/, 'ws')}/v1/connect`, subprotocol)
    this.#socket.on('message', (data: RawData) => this.#receive(data))
    this.#socket.on('error', () => undefined) // the close that follows says enough
    this.#socket.on('close', (_code, reason) => this.#end(reason.toString()))
  }

  static async open(
    url: string,
    token: string,
    onFrame: (frame: Down) => void,
    onEnd: (wire: Wire) => void,
  ): Promise<Wire> {
    const wire = new Wire(url, onFrame, onEnd)
    await new Promise<void>((resolve, reject) => {
      wire.#welcome = (error) => (error ? reject(error) : resolve())
      wire.#socket.once('open', () => wire.send({ type: 'hello', token, client: 'session-kit' }))
    })
    return wire
  }

  send(frame: Up): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame))
  }

  /** Resolves to `lost` when the connection ends before an answer came. */
  ask(session: string, body: CommandBody, id: string): Promise<Outcome> {
    if (this.#socket.readyState !== WebSocket.OPEN) return Promise.resolve({ result: 'lost' })
    return new Promise((resolve) => {
      this.#answers.set(id, [...(this.#answers.get(id) ?? []), resolve])
      this.send({ type: 'command', id, session, body })
    })
  }

  /** Ends it without a word, and hears nothing more. */
  drop(): void {
    this.#deaf = true
    this.#socket.terminate()
  }

  freeze(): void {
    this.#socket.pause()
  }

  thaw(): void {
    this.#socket.resume()
  }

  async close(): Promise<void> {
    if (this.#socket.readyState === WebSocket.CLOSED) return
    this.#deaf = true
    const closed = new Promise((resolve) => this.#socket.once('close', resolve))
    this.#socket.resume()
    this.#socket.terminate()
    await closed
  }

  #receive(data: RawData): void {
    if (this.#deaf) return
    // A text frame comes as one buffer.
    const frame = JSON.parse((data as Buffer).toString()) as Down // the server under test says so; the tests would show that it lies
    if (frame.type === 'welcome') {
      this.#welcome?.()
      this.#welcome = undefined
    }
    if (frame.type === 'error') this.#welcome?.(new Refused(frame.error.code, frame.error.message))
    if (frame.type === 'reply') {
      const [answer, ...others] = this.#answers.get(frame.id) ?? []
      if (others.length > 0) this.#answers.set(frame.id, others)
      else this.#answers.delete(frame.id)
      answer?.(outcomeOf(frame))
    }
    this.#onFrame(frame)
  }

  #end(reason: string): void {
    this.#welcome?.(new Refused(reason || 'connection_lost', `The connection ended: ${reason || 'no reason given'}.`))
    for (const waiting of this.#answers.values()) for (const answer of waiting) answer({ result: 'lost' })
    this.#answers.clear()
    this.#onEnd(this)
  }
}

function outcomeOf(reply: WireOutcome): Outcome {
  switch (reply.outcome) {
    case 'accepted':
      return { result: 'done', position: reply.seq }
    case 'noop':
      return { result: 'already', position: reply.seq }
    case 'refused': {
      const { code, message, detail } = reply.error
      const by = detail?.['by']
      return { result: 'refused', code, why: message, ...(typeof by === 'string' && { by: by.replace(/^\w+:/, '') }) }
    }
  }
}
