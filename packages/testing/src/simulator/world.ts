/** Everything that is simulated: machines, network, disk, and what everybody saw. */
import {
  HeadraceError,
  actorKind,
  sessionKey,
  splitKey,
  verbs,
  type Actor,
  type ActorKind,
  type CommandBody,
  type Down,
  type Grant,
  type Notice,
  type Outcome,
  type SessionEvent,
  type SessionKey,
  type Store,
  type Up,
  type Verb,
} from '@headrace/core'
import { CalledAgent, calledAgent } from './called-agent.ts'
import { webSocketOf, type ClientSocket } from './client-socket.ts'
import { Device } from './device.ts'
import { EventLoop } from './event-loop.ts'
import type { History } from './history.ts'
import type { Host } from './host.ts'
import { Journal, type CommandRecord } from './journal.ts'
import { LinkAudit, difference } from './link-audit.ts'
import { NoticeAudit } from './notice-audit.ts'
import { Link } from './network.ts'
import { Puller } from './puller.ts'
import { Random } from './random.ts'
import { scripted } from './scripted.ts'
import { confide, leak } from './secrets.ts'
import { ServerSlot } from './server-slot.ts'
import { ServerSocket } from './server-socket.ts'
import { ShownDevices } from './shown-devices.ts'
import { WorkerProcess } from './worker-process.ts'
import type { Plan, Setup } from './setup.ts'
import type { StoreTrouble } from './simulated-store.ts'
import type { Subject } from './subject.ts'

/** What each kind of actor may do. */
const may: Readonly<Record<ActorKind, readonly Verb[]>> = {
  user: ['read', 'post', 'send', 'control', 'answer', 'take-floor'],
  operator: verbs,
  agent: ['read', 'post', 'send', 'write-as-agent'],
  system: verbs,
}

/** When every simulation begins: 1 January 2026. */
const beginning = Date.UTC(2026, 0, 1)
const tenant = 'sim'
const dayMs = 86_400_000

export class World {
  readonly setup: Setup
  readonly subject: Subject
  readonly random: Random
  readonly loop: EventLoop = new EventLoop(beginning)
  readonly journal: Journal
  readonly notices: NoticeAudit
  /** What is durable. */
  readonly store: Store
  readonly trouble: StoreTrouble
  readonly sessions: readonly string[]
  readonly servers: readonly ServerSlot[]
  readonly devices: Device[] = []
  readonly workers: WorkerProcess[] = []
  /** Where the device of a host asks to be shown. */
  readonly shown: Map<Host, ShownDevices> = new Map()
  readonly puller: Puller
  /** The agent that is called, in worlds where one is. */
  readonly hook: CalledAgent
  /** Live connections. */
  readonly links: Set<Link> = new Set()
  /** Commands that somebody waits for. */
  waiting = 0
  /** Servers that shut down. */
  stopping = 0
  /** No fault happens any more. */
  isHealing = false
  /** How long a token is good. */
  tokenMs: number = dayMs
  /** Lines of the trace, or `undefined` where nobody wants them. */
  readonly trace: string[] | undefined
  #names = 0
  #dials = 0

  constructor(plan: Plan, subject: Subject, trace: boolean) {
    const { setup, seed } = plan
    this.setup = setup
    this.subject = subject
    this.random = new Random(seed).fork('world')
    this.trace = trace ? [] : undefined
    this.journal = new Journal(() => this.loop.now - beginning)
    const history = (key: SessionKey): History => this.journal.history(key)
    this.notices = new NoticeAudit(history, this.journal.fail, setup.servers === 1 || !setup.faults.includes('clock'))
    this.store = subject.createStore()
    const { faults } = setup
    this.trouble = {
      down: false,
      full: false,
      unknown: faults.includes('unknown') ? 0.08 : 0,
      flaky: faults.includes('flaky') ? 0.05 : 0,
    }
    if (faults.includes('expiry')) this.tokenMs = 20_000
    this.sessions = Array.from({ length: setup.sessions }, (_, index) => `s${index + 1}`)
    this.hook = new CalledAgent(this)
    this.servers = Array.from({ length: setup.servers }, (_, index) => new ServerSlot(`server${index + 1}`, this))
    for (const server of this.servers) server.start()
    for (let index = 0; index < setup.people; index += 1)
      this.addDevice(index === 2 ? 'operator:o1' : `user:p${index + 1}`)
    for (let index = 0; index < setup.workers; index += 1)
      this.addWorker(setup.agents[index % setup.agents.length] ?? 'assistant')
    this.puller = new Puller(this)
  }

  /** Milliseconds since the beginning. */
  get nowMs(): number {
    return this.loop.now - beginning
  }

  key(session: string): SessionKey {
    return sessionKey(tenant, session)
  }

  /** Events have become durable. */
  durable(key: SessionKey, events: readonly string[]): void {
    // Copies are read, and nothing is done in them.
    if (events.length === 0) return
    if (this.trace) for (const event of events) this.note('store', event)
    this.journal.durable(key, events)
    for (const text of events) {
      if (!/"type":"(?:notice\.settled|run\.undelivered|run\.lapsed)"/.test(text)) continue
      const event = JSON.parse(text) as SessionEvent // written by a room
      if (event.type === 'notice.settled') this.notices.settled(key, event)
      else this.hook.audit.check(splitKey(key).session, event)
    }
  }

  note(who: string, text: string): void {
    this.trace?.push(`${String(this.nowMs).padStart(7)} ms  ${who.padEnd(12)} ${text}`)
  }

  /** A name that nobody else has. */
  newName(kind: string): string {
    this.#names += 1
    return `${kind}${this.#names}`
  }

  /** Agents that can be asked. */
  get agents(): readonly string[] {
    const { agents, webhooks } = this.setup
    return webhooks === true ? [...agents, calledAgent] : agents
  }

  newConfidence(): string {
    return confide(this.newName(''))
  }

  addDevice(actor: Actor): Device {
    const device = new Device(this.newName('d'), actor, this)
    this.devices.push(device)
    return device
  }

  addWorker(agent: string): WorkerProcess {
    const worker = new WorkerProcess(this.newName('w'), agent, this)
    this.workers.push(worker)
    return worker
  }

  // Who people are.

  grant(actor: Actor): Grant {
    const kind = actorKind(actor)
    return {
      tenant,
      actor,
      capabilities: [{ sessions: '**', verbs: may[kind] }],
      agents: kind === 'agent' ? ['*'] : [],
      expiresAt: Number.MAX_SAFE_INTEGER,
    }
  }

  /** A token as an identity provider with the latest of all clocks would give it. */
  token(actor: Actor): string {
    const aheadMs = Math.max(0, ...this.servers.map((server) => server.aheadMs))
    return `${actor} ${this.loop.now + aheadMs + this.tokenMs}`
  }

  async verify(token: string): Promise<Grant> {
    const [actor = '', expiresAt = ''] = token.split(' ')
    return { ...this.grant(actor as Actor), expiresAt: Number(expiresAt) } // made by `token`
  }

  // How they reach a server.

  webSocket(host: Host, actor: Actor): typeof globalThis.WebSocket {
    const records = new Map<string, CommandRecord>()
    const shown = new ShownDevices(actor)
    this.shown.set(host, shown)
    return webSocketOf({
      host,
      dial: (socket) => this.#dial(socket, actor),
      sent: (text) => {
        if (this.trace && !text.startsWith('{"type":"p')) this.note(host.name, `▸ ${text}`)
        shown.said(text)
        if (!text.startsWith('{"type":"command"')) return
        const frame = JSON.parse(text) as Extract<Up, { readonly type: 'command' }> // sent by a client under test
        records.set(frame.id, this.journal.sent(this.grant(actor), frame.id, this.key(frame.session), frame.body))
      },
      received: (text) => {
        if (this.trace && !text.startsWith('{"type":"p')) this.note(host.name, `◂ ${text}`)
        shown.said(text)
        if (!text.startsWith('{"type":"reply"')) return
        const frame = JSON.parse(text) as Extract<Down, { readonly type: 'reply' }> // sent by a server under test
        const record = records.get(frame.id)
        if (record) this.journal.answered(record, frame)
      },
    })
  }

  #dial(client: ClientSocket, actor: Actor): void {
    this.#dials += 1
    const id = this.#dials
    const random = this.random.fork(`link ${client.host.name} ${id}`)
    const { delayMs } = this.setup
    this.loop.after(random.between(...delayMs), () => {
      const server = this.serverFor(random)
      if (!server?.process) {
        const refused = { type: 'close', code: 1006, reason: '' } as const
        this.loop.after(random.between(...delayMs), () => client.host.deliver(() => client.arrive(refused)))
        return
      }
      const socket = new ServerSocket(server.process.host)
      const link = new Link(id, { client, server: socket }, { loop: this.loop, random, delayMs })
      this.links.add(link)
      for (const old of this.links) if (old.isGone) this.links.delete(old)
      socket.attach(link, new LinkAudit(this.journal, this.grant(actor), `${server.name} to ${client.host.name}`))
      server.process.accept(socket)
      this.loop.after(random.between(...delayMs), () => client.host.deliver(() => client.open(link)))
    })
  }

  /** The server that a load balancer would choose. */
  serverFor(random: Random): ServerSlot | undefined {
    const up = this.servers.filter((server) => server.process)
    return random.pick(up)
  }

  // What they ask without a connection.

  /** A request over HTTP: resolves to `undefined` where no answer came. */
  async http<T>(
    host: Host,
    ask: (server: NonNullable<ServerSlot['process']>['http']) => Promise<T>,
  ): Promise<T | undefined> {
    const random = this.random.fork(`http ${this.newName('h')}`)
    const { delayMs } = this.setup
    const isLost = !this.isHealing && this.setup.faults.includes('lost-answer') && random.chance(0.2)
    return new Promise((resolve) => {
      const done = (result: T | undefined): void =>
        void this.loop.after(random.between(...delayMs), () => host.deliver(() => resolve(result)))
      this.loop.after(random.between(...delayMs), () => {
        const server = this.serverFor(random)?.process
        if (!server) return done(undefined)
        let waits = true
        const end = (result: T | undefined): void => {
          if (!waits) return
          waits = false
          done(result)
        }
        // A caller does not wait for ever.
        this.loop.after(isLost ? random.between(0, 500) : httpTimeoutMs, () => end(undefined))
        server.host.deliver(() => {
          ask(server.http).then(
            (result) => end(isLost ? undefined : result),
            (thrown: unknown) => {
              if (HeadraceError.from(thrown).code === 'internal')
                this.journal.fail('no-defect', `HTTP: ${String(thrown)}`)
              end(undefined)
            },
          )
        })
      })
    })
  }

  /** Sends a command over HTTP, again and again with the same id, until there is an answer that is one. */
  async ask(
    host: Host,
    actor: Actor,
    command: { readonly id: string; readonly session: string; readonly body: CommandBody },
  ): Promise<Outcome> {
    const { id, session, body } = command
    const grant = this.grant(actor)
    const key = this.key(session)
    this.waiting += 1
    for (;;) {
      const record = this.journal.sent(grant, id, key, body)
      if (this.trace) this.note(host.name, `HTTP ▸ ${id} ${session} ${JSON.stringify(body)}`)
      const outcome = await this.http(host, (server) => server.submit(key, { id, grant, body }))
      if (this.trace) this.note(host.name, `HTTP ◂ ${id} ${JSON.stringify(outcome)}`)
      if (outcome) this.journal.answered(record, outcome)
      if (outcome && (outcome.outcome !== 'refused' || outcome.error.retry === 'never')) {
        this.waiting -= 1
        return outcome
      }
      await new Promise<void>((resolve) => void host.clock.after(500, resolve))
    }
  }

  /** Asks for a session over HTTP: what comes must be what its reader may see. */
  async look(device: Device, session: string): Promise<void> {
    const grant = this.grant(device.actor)
    const key = this.key(session)
    const { redactions } = this.journal
    const asked = redactions.mark
    const atLeast = this.journal.acknowledged(key)
    const view = await this.http(device.host, (server) => server.view(key, grant))
    if (!view) return
    if (view.seq < atLeast)
      this.journal.fail(
        'acked-is-kept',
        `${device.name} asks when ${atLeast} was acknowledged, and is given ${view.seq}`,
      )
    const text = JSON.stringify(view)
    redactions.check(text, asked, `${device.name} asked for ${session}`)
    const hidden = leak(text, device.actor)
    if (hidden !== undefined) this.journal.fail('for-their-eyes', `${device.name} is given what is for ${hidden} only`)
    const history = this.journal.history(key)
    if (view.seq > history.head)
      return this.journal.fail('durable-first', `${device.name} is given a view of ${view.seq}`)
    if (text !== history.viewText(view.seq, grant))
      this.journal.fail('state-is-fold', `${device.name} asked: ${difference(view, history.view(view.seq, grant))}`)
  }

  /** Asks for something of the past over HTTP: nothing may be in it that was redacted before. */
  async recall(
    device: Device,
    what: string,
    ask: (server: NonNullable<ServerSlot['process']>['http']) => Promise<unknown>,
  ): Promise<void> {
    const { redactions } = this.journal
    const asked = redactions.mark
    const found = await this.http(device.host, ask)
    if (found !== undefined) redactions.check(JSON.stringify(found), asked, `${device.name} asked for ${what}`)
  }

  /** Copies a session, and reads the copy. */
  async copy(device: Device, session: string, copy: { readonly id: string; readonly at: number }): Promise<void> {
    const { redactions } = this.journal
    const asked = redactions.mark
    const key = this.key(copy.id)
    const grant = this.grant('operator:keeper')
    const made = await this.http(device.host, (server) => server.fork(this.key(session), grant, copy))
    if (made === undefined) return
    const found = await this.http(device.host, async (server) => [
      await server.view(key, grant),
      await server.messages(key, grant, { before: Number.MAX_SAFE_INTEGER, limit: 1_000 }),
    ])
    if (found) redactions.check(JSON.stringify(found), asked, `${device.name} copied ${session} at ${copy.at}`)
  }

  /** An application tells somebody who is away, on behalf of a server. */
  tell(host: Host, { session, notice }: { readonly session: string; readonly notice: Notice }): Promise<'sent'> {
    const random = this.random.fork(`tell ${this.newName('tell')}`)
    const { delayMs, faults } = this.setup
    const became = this.notices.tells(host.name, this.key(session), notice)
    const isLost = !this.isHealing && faults.includes('flaky') && random.chance(0.4)
    const waitMs = random.between(...delayMs) + (!this.isHealing && random.chance(0.2) ? random.between(0, 20_000) : 0)
    return new Promise((resolve, reject) => {
      this.loop.after(waitMs, () => {
        became(isLost ? 'failed' : 'sent')
        host.deliver(() => (isLost ? reject(new Error(`${scripted}, nobody is told`)) : resolve('sent')))
      })
    })
  }

  /** What a client reads beside its connection: pages of older messages. */
  fetch(host: Host, actor: Actor): typeof globalThis.fetch {
    const answer = async (url: URL): Promise<Response> => {
      const [, session = ''] = /sessions\/([^/]+)\/messages$/.exec(url.pathname) ?? []
      const page = { before: Number(url.searchParams.get('before')), limit: Number(url.searchParams.get('limit')) }
      const { redactions } = this.journal
      const asked = redactions.mark
      const found = await this.http(host, (server) => server.messages(this.key(session), this.grant(actor), page))
      if (found) redactions.check(JSON.stringify(found), asked, `${host.name} asked for older messages of ${session}`)
      if (!found) throw new Error('The simulated network lost the request.')
      const messages = found.rows.map((row): unknown => JSON.parse(row.json))
      const response: unknown = { ok: true, status: 200, json: async () => ({ messages, more: found.more }) }
      return response as Response // as much of it as a client uses
    }
    return (input) => answer(new URL(input instanceof Request ? input.url : input))
  }

  /** A failure that somebody reported. */
  reported(who: string, error: HeadraceError): void {
    this.note(who, `! ${error.code}: ${error.message}`)
    if (error.code !== 'internal' || error.message.startsWith(scripted)) return
    const stack = error.cause instanceof Error ? error.cause.stack : error.stack
    this.journal.fail('no-defect', `${who} reports: ${error.message}\n${stack ?? ''}`)
  }
}

const httpTimeoutMs = 10_000
