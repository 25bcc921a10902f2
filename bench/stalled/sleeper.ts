import { setTimeout as wait } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { subprotocol, type Down, type Up } from '@headrace/core'
import { fingerprint, type Address } from './log.ts'

/** How long it may take to catch up. */
const catchUpMs = 60_000

interface Progress {
  seq: number
  readonly fingerprints: string[]
}

/** A reader that can stop taking anything from its socket, and that resumes where it was when it is cut. */
export class Sleeper {
  readonly #address: Address
  readonly #progress = new Map<string, Progress>()
  #ws: WebSocket | undefined
  /** Looked at when there is time: what it costs to parse must not show in the latencies of the others. */
  #frames: Buffer[] = []
  #isCut = false
  /** How often the server ended its connection. */
  cuts = 0
  /** The port of its connection on this side. */
  port = 0

  constructor(address: Address) {
    this.#address = address
  }

  async connect(): Promise<void> {
    const { url, token } = this.#address
    this.#isCut = false
    const ws = new WebSocket(`${url.replace('http', 'ws')}/v1/connect`, subprotocol, { perMessageDeflate: false })
    this.#ws = ws
    ws.once('upgrade', (response) => {
      this.port = response.socket.localPort ?? 0
    })
    await new Promise<void>((resolve, reject) => {
      ws.once('open', resolve)
      ws.once('error', reject)
    })
    this.#send({ type: 'hello', token })
    await new Promise((resolve) => ws.once('message', resolve))
    ws.on('message', (data: Buffer) => this.#frames.push(data)) // what `ws` gives unless told otherwise
    // A connection that was reset in the middle of a frame is an error too; its close tells.
    ws.on('error', () => undefined)
    ws.once('close', () => {
      if (this.#ws === ws) this.#isCut = true
    })
    for (const [session, { seq }] of this.#progress) this.#send({ type: 'subscribe', session, after: seq })
  }

  /** Follows a session after a seq. */
  follow(session: string, after: number): void {
    this.#progress.set(session, { seq: after, fingerprints: [] })
    this.#send({ type: 'subscribe', session, after })
  }

  sleep(): void {
    this.#ws?.pause()
  }

  wake(): void {
    this.#ws?.resume()
  }

  /**
   * Reads until it has these sessions up to these seqs; connects again when it was cut.
   *
   * @throws Error when an event is missing, comes twice or in the wrong place, or when a minute has passed.
   */
  async reach(heads: ReadonlyMap<string, number>): Promise<void> {
    const deadline = performance.now() + catchUpMs
    for (;;) {
      this.#take()
      const missing = [...heads].filter(([session, head]) => (this.#progress.get(session)?.seq ?? 0) < head)
      if (missing.length === 0) return
      if (performance.now() > deadline) throw new Error(`It still lacks ${JSON.stringify(missing)}.`)
      if (this.#isCut) {
        this.cuts += 1
        await this.connect()
      }
      await wait(20)
    }
  }

  /** The fingerprints of the events of a session that it got, in order. */
  got(session: string): readonly string[] {
    return this.#progress.get(session)?.fingerprints ?? []
  }

  close(): void {
    const ws = this.#ws
    this.#ws = undefined
    ws?.terminate()
  }

  #take(): void {
    const frames = this.#frames
    this.#frames = []
    for (const data of frames) this.#read(JSON.parse(data.toString()) as Down) // a server of this protocol wrote it
  }

  #read(frame: Down): void {
    // Why it was cut; that it was is seen when it is closed.
    if (frame.type === 'error') return
    if (frame.type !== 'events') throw new Error(`The server said ${JSON.stringify(frame).slice(0, 300)}.`)
    const progress = this.#progress.get(frame.session)
    if (!progress) throw new Error(`Nobody asked for ${frame.session}.`)
    for (const event of frame.events) {
      if (event.seq !== progress.seq + 1)
        throw new Error(`After ${progress.seq} of ${frame.session} came ${event.seq}.`)
      progress.seq = event.seq
      progress.fingerprints.push(fingerprint(event))
    }
  }

  #send(frame: Up): void {
    this.#ws?.send(JSON.stringify(frame))
  }
}
