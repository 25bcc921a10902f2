import { randomUUID } from 'node:crypto'
import {
  canonical,
  emptyView,
  foldView,
  sha256,
  type CommandBody,
  type Down,
  type Request,
  type SessionView,
} from '@headrace/core'
import { Refused, type Action, type Outcome, type Tab } from '../session-kit/session-server.ts'
import type { SeenEntry, SeenState } from '../session-kit/seen.ts'
import { seenEntry, seenState, wireAnswer } from './translate.ts'
import { Wire } from './wire.ts'

interface TabOptions {
  readonly url: string
  readonly token: () => Promise<string>
  readonly session: string
  readonly device: string
  /** Begins after this seq instead of with a snapshot. */
  readonly after?: number
}

/** One session followed on one connection, as PROTOCOL.md says that a client does it. */
export class HeadraceTab implements Tab {
  readonly entries: SeenEntry[] = []
  readonly #options: TabOptions
  readonly #listeners: (() => void)[] = []
  #wire: Wire | undefined
  #view: SessionView
  #state: SeenState | undefined
  #isExact: boolean
  #framesLeft = Infinity
  #following: { readonly resolve: () => void; readonly reject: (error: Error) => void } | undefined

  private constructor(options: TabOptions) {
    this.#options = options
    this.#view = { ...emptyView(options.session), seq: options.after ?? 0 }
    this.#isExact = options.after !== undefined
  }

  static async open(options: TabOptions): Promise<HeadraceTab> {
    const tab = new HeadraceTab(options)
    await tab.back()
    return tab
  }

  get state(): SeenState {
    return (this.#state ??= seenState(this.#view))
  }

  get isConnected(): boolean {
    return this.#wire !== undefined
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener)
  }

  async do(action: Action, id: string = randomUUID()): Promise<Outcome> {
    const { session } = this.#options
    const body = bodyOf(action, this.#view.requests)
    return this.#wire ? this.#wire.ask(session, body, id) : { result: 'lost' }
  }

  drop(): void {
    this.#wire?.drop()
    this.#gone()
  }

  dropAfter(frames: number): void {
    this.#framesLeft = frames
  }

  async back(): Promise<void> {
    const { url, token } = this.#options
    this.#framesLeft = Infinity
    // One whose end it has not noticed is over with this.
    this.#wire?.drop()
    const wire = await Wire.open(
      url,
      await token(),
      (frame) => this.#receive(frame),
      (ended) => {
        if (this.#wire === ended) this.#gone()
      },
    )
    this.#wire = wire
    await this.followAgain()
  }

  async followAgain(): Promise<void> {
    const { session, device } = this.#options
    const after = this.#isExact ? { after: this.#view.seq } : {}
    const isFollowing = new Promise<void>((resolve, reject) => (this.#following = { resolve, reject }))
    this.#wire?.send({ type: 'subscribe', session, device, label: 'session kit', ...after })
    // Its own presence is the first thing that a subscriber with a device sees, so it need not wait for others.
    if (this.#isExact) this.#following?.resolve()
    await isFollowing
  }

  async close(): Promise<void> {
    const wire = this.#wire
    this.#wire = undefined
    await wire?.close()
  }

  #receive(frame: Down): void {
    switch (frame.type) {
      case 'snapshot':
        this.#view = frame.view
        this.#isExact = true
        this.#following?.resolve()
        break
      case 'events':
        for (const event of frame.events) {
          if (event.seq <= this.#view.seq) continue // from before it followed again
          if (event.seq !== this.#view.seq + 1) throw new Error(`seq ${event.seq} came after ${this.#view.seq}`)
          this.#view = foldView(this.#view, event)
          this.entries.push(seenEntry(event))
        }
        break
      case 'unsubscribed': {
        const { code = 'closed', message = 'The server ended it.' } = frame.error ?? {}
        this.#following?.reject(new Refused(code, message))
        this.drop()
        return
      }
      default:
        return
    }
    this.#framesLeft -= 1
    if (this.#framesLeft <= 0) this.drop()
    this.#changed()
  }

  #gone(): void {
    this.#wire = undefined
    this.#following?.reject(new Refused('connection_lost', 'The connection ended.'))
    this.#changed()
  }

  #changed(): void {
    this.#state = undefined
    for (const listener of this.#listeners) listener()
  }
}

const text = (value: string) => [{ kind: 'text' as const, text: value }]

function bodyOf(action: Action, requests: readonly Request[]): CommandBody {
  switch (action.do) {
    case 'send': {
      const { agents, edits, whenBusy } = action
      return {
        type: 'send',
        parts: text(action.text),
        ...(agents && { agents }),
        ...(edits !== undefined && { edits }),
        ...(whenBusy && { policy: whenBusy === 'wait' ? 'queue' : whenBusy }),
      }
    }
    case 'post':
      return { type: 'post', parts: text(action.text) }
    case 'regenerate':
      return { type: 'regenerate', input: action.message }
    case 'stop': {
      const { what } = action
      const target = what === 'own' ? { own: true as const } : what === 'all' ? { all: true as const } : what
      return { type: 'cancel', target }
    }
    case 'steer':
      return { type: 'steer', run: action.run, parts: text(action.text) }
    case 'hold':
      return { type: 'pause', run: action.run }
    case 'go-on':
      return { type: 'resume', run: action.run }
    case 'claim':
      return { type: 'claim-request', request: action.request, device: action.device }
    case 'answer': {
      const { request, answer, device } = action
      const spec = requests.find(({ id }) => id === request)?.spec
      return {
        type: 'answer',
        request,
        answer: wireAnswer(answer),
        ...(spec?.kind === 'approval' && { digest: sha256(canonical(spec.action)) }),
        ...(device !== undefined && { device }),
      }
    }
    case 'drive':
      return { type: 'take-floor' }
    case 'hand-back':
      return { type: 'hand-back' }
    case 'redact':
      return { type: 'redact', message: action.message }
  }
}
