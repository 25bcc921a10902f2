import {
  HeadraceError,
  decide,
  emptyState,
  systemGrant,
  up,
  type Actor,
  type Command,
  type Down,
  type Ephemeral,
  type SessionEvent,
  type SessionState,
  type Up,
} from '@headrace/core'

type Body = Command['body']

interface Link {
  readonly socket: ModelSocket
  /** Frames that the server has sent and the client has not received. */
  readonly wire: Down[]
  /** The session is followed, up to here. */
  following: number | undefined
}

/**
 * A server for one session, without a network: frames wait until a test delivers them, in any order and as often as it
 * likes. Rules are those of the core.
 */
export class ModelServer {
  state: SessionState = emptyState('s')
  readonly log: SessionEvent[] = []
  /** What clients have sent. */
  readonly frames: Up[] = []
  /** Below this a resume gets a snapshot. */
  floor = 0
  link: Link | undefined
  readonly #grant = { ...systemGrant('t'), actor: 'user:ada', agents: ['*'] } as const
  #now = 0

  /** The WebSocket class to give to a client. */
  get WebSocket(): typeof globalThis.WebSocket {
    const connected = (socket: ModelSocket): void => {
      this.link = { socket, wire: [], following: undefined }
    }
    const receive = (socket: ModelSocket, frame: Up): void => {
      if (this.link?.socket === socket) this.#receive(this.link, frame)
    }
    class Socket extends ModelSocket {
      constructor() {
        super(receive)
        connected(this)
      }
    }
    return Socket as unknown as typeof globalThis.WebSocket // as much of it as a client uses
  }

  post(text: string): void {
    this.#append(undefined, { type: 'post', parts: [{ kind: 'text', text }] })
    this.pump()
  }

  create(): void {
    this.#append(undefined, { type: 'create' })
  }

  /** Does something in somebody's name; fails when it is refused. */
  act(actor: Actor, body: Body): void {
    const reply = this.#append(undefined, body, actor)
    if (reply.outcome === 'refused') throw HeadraceError.fromWire(reply.error)
    this.pump()
  }

  /** Shows everybody something for a moment. */
  show(actor: Actor, signal: Ephemeral): void {
    this.link?.wire.push({ type: 'ephemeral', session: 's', actor, ...signal })
  }

  #append(id: string | undefined, body: Body, actor: Actor = 'user:ada'): Extract<Down, { type: 'reply' }> {
    const command = { grant: { ...this.#grant, actor }, body, ...(id !== undefined && { id }) }
    const decision = decide(this.state, command, (this.#now += 1))
    const reply = { type: 'reply', id: id ?? '', session: 's' } as const
    if (decision.outcome === 'refused') return { ...reply, outcome: 'refused', error: decision.error.toWire() }
    if (decision.outcome !== 'accepted') return { ...reply, outcome: 'accepted', seq: decision.seq }
    this.state = decision.state
    this.log.push(...decision.events)
    return { ...reply, outcome: 'accepted', seq: decision.state.view.seq }
  }

  /** Sends what followers have not been sent. */
  pump(): void {
    if (this.link?.following === undefined || this.link.following >= this.log.length) return
    this.link.wire.push({ type: 'events', session: 's', events: this.log.slice(this.link.following) })
    this.link.following = this.log.length
  }

  #receive(link: Link, frame: Up): void {
    this.frames.push(frame)
    switch (frame.type) {
      case 'hello': {
        const welcome = { type: 'welcome', protocol: 1, node: 'n', actor: this.#grant.actor } as const
        link.wire.push({ ...welcome, expiresAt: Number.MAX_SAFE_INTEGER, idleMs: 1_000_000_000 })
        return
      }
      case 'subscribe': {
        const { after } = frame
        const resumes = after !== undefined && after >= this.floor && after <= this.log.length
        const seq = this.log.length
        if (resumes) link.wire.push({ type: 'subscribed', session: 's', seq })
        else link.wire.push({ type: 'snapshot', session: 's', seq, view: this.state.view })
        link.following = resumes ? after : this.log.length
        return this.pump()
      }
      case 'command': {
        link.wire.push(this.#append(frame.id, frame.body))
        return this.pump()
      }
      default:
        return
    }
  }

  /** Delivers the frame at this place of the wire; `keep` leaves it there, to be delivered again. */
  deliver(index: number, keep = false): void {
    const { link } = this
    const frame = link?.wire[index]
    if (!link || !frame) return
    if (!keep) link.wire.splice(index, 1)
    link.socket.receive(frame)
  }

  /** Ends the connection; what is on the wire is lost. */
  break(): void {
    const { link } = this
    this.link = undefined
    link?.socket.end()
  }
}

class ModelSocket extends EventTarget {
  readonly #sent: (socket: ModelSocket, frame: Up) => void
  #open = false
  #closed = false

  constructor(sent: (socket: ModelSocket, frame: Up) => void) {
    super()
    this.#sent = sent
  }

  open(): void {
    if (this.#open || this.#closed) return
    this.#open = true
    this.dispatchEvent(new Event('open'))
  }

  send(text: string): void {
    if (!this.#closed) this.#sent(this, up.parse(JSON.parse(text)))
  }

  receive(frame: Down): void {
    if (!this.#closed) this.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(frame) }))
  }

  end(): void {
    if (this.#closed) return
    this.#closed = true
    this.dispatchEvent(Object.assign(new Event('close'), { code: 1006, reason: '' }))
  }

  close(): void {
    this.#closed = true
  }
}
