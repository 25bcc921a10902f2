/**
 * One agent over the Agent Client Protocol.
 *
 *   started ─initialize─▶ session/new, or session/load or resume ─▶ idle ─prompt─▶ at work ─stop reason─▶ idle
 *                                                                                  │ cancel, cancelMs
 *   any ──program ends, or speaks garbage──▶ broken ◀────────────────────────────────┘
 *
 * An agent may answer late, never, or twice; it may forget to answer after a cancel. So each request has a time of its own,
 * and a turn that must end ends.
 */
import { Readable, Writable } from 'node:stream'
import {
  PROTOCOL_VERSION,
  client,
  methods,
  ndJsonStream,
  type ClientConnection,
  type InitializeResponse,
  type NewSessionResponse,
  type RequestPermissionRequest,
  type RequestPermissionResponse,
  type SessionNotification,
  type StopReason,
} from '@agentclientprotocol/sdk'
import type { Json } from '@headrace/core'
import type { Chunk } from '@headrace/client/agent'
import { FactoryError } from '../../errors.ts'
import { endInWords } from '../../process/run-command.ts'
import type { Program } from '../../process/start-program.ts'
import type { AgentAtWork, AgentStart, PermissionAsk, TurnEnd } from '../agent.ts'
import type { AcpLimits, AcpProfile } from './acp-agent.ts'
import { AcpUpdates } from './updates.ts'

export interface AcpOptions {
  readonly profile: AcpProfile
  readonly limits: AcpLimits
}

export class AcpConnection implements AgentAtWork {
  readonly #program: Program
  readonly #start: AgentStart
  readonly #options: AcpOptions
  readonly #connection: ClientConnection
  readonly #updates = new AcpUpdates()
  /** Updates are taken one after the other, in the order in which they came. */
  #taken: Promise<void> = Promise.resolve()
  #session = ''
  #resumed = false
  #heardAt = performance.now()
  /** Resolves with why nothing more can come of it. */
  readonly #broken = Promise.withResolvers<string>()
  #killed = false
  #isReplaying = false

  constructor(program: Program, start: AgentStart, options: AcpOptions) {
    this.#program = program
    this.#start = start
    this.#options = options
    const { maxMessageBytes = 16_777_216, maxBytes = 104_857_600 } = options.limits
    const heard = this.#count(maxBytes)
    const output = Readable.toWeb(program.stdout).pipeThrough(heard)
    const input = Writable.toWeb(program.stdin) as WritableStream<Uint8Array>
    this.#connection = client({ name: 'headrace' })
      .onRequest(methods.client.session.requestPermission, ({ params }) => this.#permission(params))
      .onNotification(methods.client.session.update, ({ params }) => this.#update(params))
      .connect(ndJsonStream(input, output, { maxMessageBytes }))
    // A program that ends closes its output first; how it ended is the better reason.
    const unspoken = (): void => this.#broken.resolve('it closed its output, or does not speak the protocol')
    void this.#connection.closed.then(() => setTimeout(unspoken, 500))
    void program.ended.then((end) => {
      this.#killed = end.kind === 'signalled' && !start.signal.aborted
      this.#broken.resolve(`it ${endInWords(end)}`)
    })
    start.signal.addEventListener('abort', () => this.#broken.resolve('it was stopped'), { once: true })
  }

  get session(): string {
    return this.#session
  }

  get resumed(): boolean {
    return this.#resumed
  }

  /** @throws FactoryError `agent_failed` */
  async begin(): Promise<void> {
    const { agent } = this.#connection
    const hello = await this.#ask('initialize', () =>
      agent.request(methods.agent.initialize, {
        protocolVersion: PROTOCOL_VERSION,
        clientCapabilities: { fs: { readTextFile: false, writeTextFile: false }, terminal: false },
        clientInfo: { name: 'headrace', version: '0.1.0' },
      }),
    )
    if (hello.protocolVersion !== PROTOCOL_VERSION) {
      throw this.#failed(`it speaks version ${hello.protocolVersion} of the protocol, not ${PROTOCOL_VERSION}`)
    }
    const wanted = this.#start.resume
    this.#resumed = wanted !== undefined && (await this.#goOn(hello, wanted))
    if (!this.#resumed) {
      const fresh = { cwd: this.#start.cwd, mcpServers: [] }
      const begun = await this.#ask<NewSessionResponse>('session/new', () =>
        agent.request(methods.agent.session.new, fresh),
      )
      this.#session = begun.sessionId
    }
    const modeId = this.#options.profile.mode?.(this.#start)
    if (modeId === undefined) return
    const mode = { sessionId: this.#session, modeId }
    await this.#ask('session/set_mode', () => agent.request(methods.agent.session.setMode, mode))
  }

  async prompt(text: string, signal: AbortSignal): Promise<TurnEnd> {
    const turn = this.#connection.agent.request(methods.agent.session.prompt, {
      sessionId: this.#session,
      prompt: [{ type: 'text', text }],
    })
    const end = await this.#turn(turn, signal)
    await this.#take(() => this.#updates.end('The turn ended before this call had a result.'))
    return end
  }

  close(): ReturnType<Program['close']> {
    this.#connection.close()
    return this.#program.close()
  }

  /** Waits for a turn, for as long as there is hope for one. */
  async #turn(turn: Promise<{ readonly stopReason: StopReason }>, signal: AbortSignal): Promise<TurnEnd> {
    const { cancelMs = 10_000, silenceMs = 900_000 } = this.#options.limits
    const over = Promise.withResolvers<TurnEnd>()
    let timer: NodeJS.Timeout | undefined
    const onAbort = (): void => {
      const cancel = { sessionId: this.#session }
      void this.#connection.agent.notify(methods.agent.session.cancel, cancel).catch(() => undefined)
      timer = setTimeout(() => over.resolve({ end: 'cancelled' }), cancelMs)
    }
    this.#heardAt = performance.now()
    const watch = setInterval(
      () => {
        if (performance.now() - this.#heardAt < silenceMs) return
        over.resolve({ end: 'failed', why: `it said nothing for ${silenceMs / 1_000} s` })
      },
      Math.min(1_000, silenceMs),
    )
    turn.then(
      ({ stopReason }) => over.resolve(endOf(stopReason)),
      (thrown: unknown) => {
        // What broke the connection says more than that a request got no answer.
        if (!this.#connection.signal.aborted) over.resolve({ end: 'failed', why: messageOf(thrown) })
      },
    )
    void this.#broken.promise.then((why) =>
      over.resolve({ end: 'failed', why: this.#withStderr(why), ...(this.#killed && { killed: true }) }),
    )
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    try {
      const end = await over.promise
      // A turn that we have cancelled is cancelled, whatever the agent calls that.
      return signal.aborted && end.end !== 'failed' ? { end: 'cancelled' } : end
    } finally {
      clearInterval(watch)
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** Goes on with a session of the agent's own, where that works. */
  async #goOn(hello: InitializeResponse, sessionId: string): Promise<boolean> {
    if (this.#options.profile.resumes === false) return false
    const { loadSession, sessionCapabilities } = hello.agentCapabilities ?? {}
    const { agent } = this.#connection
    const params = { sessionId, cwd: this.#start.cwd, mcpServers: [] }
    try {
      if (sessionCapabilities?.resume) {
        await this.#ask('session/resume', () => agent.request(methods.agent.session.resume, params))
      } else if (loadSession === true) {
        // It tells the whole story again, which the log has already.
        this.#isReplaying = true
        await this.#ask('session/load', () => agent.request(methods.agent.session.load, params))
      } else {
        return false
      }
    } catch {
      return false // it begins anew; the clone is as it was
    } finally {
      this.#isReplaying = false
    }
    this.#session = sessionId
    return true
  }

  #count(maxBytes: number): TransformStream<Uint8Array, Uint8Array> {
    let bytes = 0
    return new TransformStream({
      transform: (chunk, controller) => {
        this.#heardAt = performance.now()
        bytes += chunk.byteLength
        if (bytes <= maxBytes) return controller.enqueue(chunk)
        this.#broken.resolve(`it said more than ${maxBytes} bytes`)
        controller.error(new Error('flood'))
      },
    })
  }

  #update({ sessionId, update }: SessionNotification): Promise<void> {
    if (this.#isReplaying || (this.#session !== '' && sessionId !== this.#session)) return Promise.resolve()
    return this.#take(() => this.#updates.read(update))
  }

  #take(read: () => readonly Chunk[]): Promise<void> {
    const { onHeard, onChunk } = this.#start
    const broke = (thrown: unknown): void => this.#broken.resolve(`what it said was not taken: ${messageOf(thrown)}`)
    try {
      const chunks = read()
      for (const chunk of chunks) onHeard?.(chunk)
      this.#taken = this.#taken
        .then(async () => {
          for (const chunk of chunks) await onChunk(chunk)
        })
        .catch(broke)
    } catch (thrown) {
      broke(thrown)
    }
    return this.#taken
  }

  async #permission({ toolCall, options }: RequestPermissionRequest): Promise<RequestPermissionResponse> {
    await this.#take(() => this.#updates.announce(toolCall))
    const answer = await this.#start.onPermission(askOf(this.#updates.whole(toolCall), this.#options.profile))
    // Never "always": what is allowed is decided here, each time.
    const kind = answer === 'allow' ? 'allow_once' : 'reject_once'
    const option = options.find((candidate) => candidate.kind === kind)
    return { outcome: option ? { outcome: 'selected', optionId: option.optionId } : { outcome: 'cancelled' } }
  }

  /** A request that gets an answer in time, or an error that says what the agent did instead. */
  async #ask<T>(what: string, request: () => Promise<T>): Promise<T> {
    const { startMs = 60_000 } = this.#options.limits
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(this.#failed(`it did not answer ${what} within ${startMs / 1_000} s`)), startMs)
    })
    const broken = this.#broken.promise.then((why): never => {
      throw this.#failed(why)
    })
    const answer = request().catch(async (thrown: unknown): Promise<never> => {
      if (this.#connection.signal.aborted) await broken
      throw this.#failed(`it refused ${what}: ${messageOf(thrown)}`)
    })
    try {
      return await Promise.race([answer, broken, late])
    } finally {
      clearTimeout(timer)
      for (const unread of [answer, broken, late]) unread.catch(() => undefined)
    }
  }

  #failed(why: string): FactoryError {
    const text = `${this.#options.profile.name} did not come up: ${this.#withStderr(why)}.`
    return new FactoryError('agent_failed', text, this.#killed ? { detail: { killed: true } } : {})
  }

  #withStderr(why: string): string {
    const last = this.#program.stderr().trim().split('\n').at(-1)
    return last ? `${why} (${last.slice(0, 300)})` : why
  }
}

function endOf(reason: StopReason): TurnEnd {
  switch (reason) {
    case 'end_turn':
      return { end: 'done' }
    case 'cancelled':
      return { end: 'cancelled' }
    case 'max_tokens':
    case 'max_turn_requests':
      return { end: 'limit', why: reason }
    case 'refusal':
      return { end: 'refused' }
    default:
      reason satisfies never // a newer version may have more
      return { end: 'done' }
  }
}

function askOf(call: RequestPermissionRequest['toolCall'], { titles }: AcpProfile): PermissionAsk {
  const { toolCallId, kind, title, locations, rawInput } = call
  const titled = kind === 'execute' && titles === 'commands' ? (title ?? undefined) : undefined
  const command = commandOf(rawInput) ?? titled
  return {
    callId: toolCallId,
    tool: kind ?? 'other',
    title: title ?? kind ?? 'a tool call',
    paths: (locations ?? []).map(({ path }) => path),
    ...(command !== undefined && { command }),
    input: (rawInput ?? null) as Json, // it came as JSON
  }
}

/** Agents give it as a line or as a list of words. */
function commandOf(input: unknown): string | undefined {
  if (typeof input !== 'object' || input === null || !('command' in input)) return undefined
  const { command } = input
  if (typeof command === 'string') return command
  return Array.isArray(command) && command.every((word) => typeof word === 'string') ? command.join(' ') : undefined
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : JSON.stringify(thrown)
}
