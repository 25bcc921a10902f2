import { randomInt } from 'node:crypto'
import { WebSocket, type RawData } from 'ws'
import { subprotocol, type CommandBody, type Down, type Up } from '@headrace/core'

type Frame<T extends Down['type']> = Extract<Down, { readonly type: T }>

/** Commands of one connection that may be unanswered at the same time. */
const maxUnanswered = 65_536

/**
 * The least that speaks the native protocol: no reconnect, no folding. Frames on the hot path are looked at as text and
 * answered by callbacks: a load process that parses all, makes promises or moves entries through a `Map` collects so
 * much garbage that its own pauses show up as latency of the server.
 */
export class HeadraceConnection {
  readonly #ws: WebSocket
  /** By command id modulo its length. */
  readonly #answers: ((() => void) | undefined)[] = []
  readonly #snapshots = new Map<string, (snapshot: Frame<'snapshot'>) => void>()
  /** Ids count from anywhere: with those of an earlier connection a command would be taken for a retry. */
  #commands = randomInt(2 ** 47)
  /** Bytes of the frames that came so far, the welcome left out. */
  receivedBytes = 0
  onAssign: (assignment: Frame<'assign'>) => void = () => undefined

  private constructor(ws: WebSocket) {
    this.#ws = ws
  }

  /** @param hear - takes the frames of a connection that reads, once it is welcome */
  static async open(url: string, token: string, hear?: (text: string) => void): Promise<HeadraceConnection> {
    const ws = new WebSocket(`${url.replace('http', 'ws')}/v1/connect`, subprotocol, { perMessageDeflate: false })
    const connection = new HeadraceConnection(ws)
    await new Promise<void>((resolve, reject) => {
      ws.once('open', resolve)
      ws.once('error', reject)
    })
    ws.send(JSON.stringify({ type: 'hello', token } satisfies Up))
    await new Promise((resolve) => ws.once('message', resolve))
    ws.on('message', (data) => {
      const text = latin1(data)
      connection.receivedBytes += text.length
      if (text.startsWith(replyHead)) connection.#answered(text)
      else if (hear && text.startsWith('{"type":"events"')) hear(text)
      else connection.#receive(JSON.parse(text) as Down) // a server of this protocol wrote it
    })
    return connection
  }

  send(frame: Up): void {
    this.#ws.send(JSON.stringify(frame))
  }

  /** Sends a command and calls back when it is accepted; throws when it is refused. */
  submit(session: string, body: CommandBody, accepted: () => void): void {
    const id = (this.#commands += 1)
    this.#answers[id % maxUnanswered] = accepted
    this.send({ type: 'command', id: String(id), session, body })
  }

  command(session: string, body: CommandBody): Promise<void> {
    return new Promise((resolve) => this.submit(session, body, resolve))
  }

  /** Follows a session; resolves to its snapshot. */
  subscribe(session: string): Promise<Frame<'snapshot'>> {
    this.send({ type: 'subscribe', session })
    return new Promise((resolve) => this.#snapshots.set(session, resolve))
  }

  #answered(reply: string): void {
    if (reply.includes('"outcome":"refused"')) throw new Error(`A command was refused: ${reply}`)
    const slot = Number.parseInt(reply.slice(replyHead.length), 10) % maxUnanswered
    const accepted = this.#answers[slot]
    this.#answers[slot] = undefined
    accepted?.()
  }

  #receive(frame: Down): void {
    switch (frame.type) {
      case 'assign':
        return this.onAssign(frame)
      case 'snapshot':
        return this.#snapshots.get(frame.session)?.(frame)
      case 'error':
      case 'bye':
      case 'unsubscribed':
        throw new Error(`The server said ${JSON.stringify(frame)}.`)
      case 'reply':
      case 'welcome':
      case 'subscribed':
      case 'events':
      case 'signal':
      case 'ephemeral':
      case 'pong':
        return
      default:
        return frame satisfies never
    }
  }

  close(): void {
    this.#ws.terminate()
  }
}

const replyHead = '{"type":"reply","id":"'

function latin1(data: RawData): string {
  return Buffer.isBuffer(data) ? data.toString('latin1') : ''
}
