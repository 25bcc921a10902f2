/**
 * Tools that agents ask for and that run on this device (C7).
 *
 *   open request ──claim──▶ accepted ──▶ runs once ──▶ answer
 *                     └────▶ refused or noop: another tab or device has it
 *
 * Only `accepted` runs: a `noop` says that this device has the request already, by a tab of the same device or one that
 * was reloaded in the middle, and nobody knows how far that came. If nobody answers, the claim lapses.
 */
import { HeadraceError, mayAnswer, type Actor, type Answer, type Json, type Request } from '@headrace/core'
import { toJson } from '../to-json.ts'
import type { Accepted } from '../outbox.ts'
import type { SessionSnapshot } from './session.ts'

/** How a tool is called. */
export interface ClientToolCall {
  /** Aborts when nobody wants the answer any more: the run was stopped, or the time for the tool is over. */
  readonly signal: AbortSignal
  readonly request: Request
}

/** A tool that runs on a client. What it returns is the answer, as JSON; what it throws answers as an error. */
export type ClientTool = (input: Json | undefined, call: ClientToolCall) => unknown

export interface ClientToolsOptions {
  readonly device: string
  readonly actor: () => Actor | undefined
  readonly snapshot: () => SessionSnapshot
  readonly claim: (request: string) => Promise<Accepted>
  readonly answer: (request: string, answer: Answer) => Promise<Accepted>
  readonly onError: (error: HeadraceError) => void
}

type Tools = Readonly<Record<string, ClientTool>>

const maxErrorChars = 65_536
/** What the loser of a race is told, which is no failure. */
const lost: ReadonlySet<string> = new Set(['request_taken', 'request_closed', 'request_not_found', 'closed'])

export class ClientTools {
  readonly #options: ClientToolsOptions
  readonly #offers = new Set<Tools>()
  /**
   * Requests that this client has tried to take, until the session shows that somebody has them: one that is open after
   * that was let go by a device which went silent, and may be tried again.
   */
  readonly #tried = new Set<string>()
  readonly #taking = new Set<string>()
  readonly #running = new Map<string, AbortController>()

  constructor(options: ClientToolsOptions) {
    this.#options = options
  }

  offer(tools: Tools): () => void {
    // An object of its own: the same tools may be offered twice.
    const own = { ...tools }
    this.#offers.add(own)
    this.look()
    return () => void this.#offers.delete(own)
  }

  /** Something in the session has changed. */
  look(): void {
    if (this.#offers.size === 0 && this.#running.size === 0) return
    const { view, status } = this.#options.snapshot()
    this.#stopUnwanted(view.requests)
    // What is shown without a connection may be long over.
    if (status === 'live') for (const request of view.requests) this.#consider(request)
    for (const id of this.#tried) if (!this.#taking.has(id) && !isWaiting(view.requests, id)) this.#tried.delete(id)
  }

  #stopUnwanted(requests: readonly Request[]): void {
    const { device } = this.#options
    for (const [id, abort] of this.#running) {
      const request = requests.find((candidate) => candidate.id === id)
      const isWanted = request?.status === 'open' || (request?.status === 'claimed' && request.claim?.device === device)
      if (!isWanted && !abort.signal.aborted) {
        const text = `Nobody waits for request ${id} any more: ${request?.detail ?? request?.status ?? 'it is gone'}.`
        abort.abort(new DOMException(text, 'AbortError'))
      }
    }
  }

  #consider(request: Request): void {
    const { id, spec, status, answerers } = request
    const actor = this.#options.actor()
    if (spec.kind !== 'tool' || status !== 'open' || this.#tried.has(id)) return
    const tool = this.#find(spec.name)
    if (!tool || actor === undefined || !mayAnswer(actor, answerers)) return
    this.#tried.add(id)
    this.#taking.add(id)
    void this.#take(request, tool, spec.input)
  }

  #find(name: string): ClientTool | undefined {
    for (const tools of this.#offers) if (Object.hasOwn(tools, name)) return tools[name]
    return undefined
  }

  async #take(request: Request, tool: ClientTool, input: Json | undefined): Promise<void> {
    const { claim, onError } = this.#options
    const { id } = request
    const abort = new AbortController()
    try {
      const claimed = await claim(id)
      if (claimed.outcome !== 'accepted') return
      this.#running.set(id, abort)
      this.#stopUnwanted(this.#options.snapshot().view.requests)
      const result = await run(tool, input, { signal: abort.signal, request })
      if (!abort.signal.aborted) await this.#answer(id, result)
    } catch (thrown) {
      const error = HeadraceError.from(thrown)
      if (!lost.has(error.code)) onError(error)
    } finally {
      this.#running.delete(id)
      this.#taking.delete(id)
      this.look()
    }
  }

  async #answer(id: string, result: Answer): Promise<void> {
    const { answer } = this.#options
    try {
      await answer(id, result)
    } catch (thrown) {
      const error = HeadraceError.from(thrown)
      if (lost.has(error.code) || error.retry !== 'never' || !('output' in result)) throw error
      // Without an answer the agent waits until the claim lapses, and then the tool runs again.
      await answer(id, { error: `The result was refused: ${error.message}`.slice(0, maxErrorChars) })
      throw error
    }
  }
}

function isWaiting(requests: readonly Request[], id: string): boolean {
  return requests.some((request) => request.id === id && request.status === 'open')
}

async function run(tool: ClientTool, input: Json | undefined, call: ClientToolCall): Promise<Answer> {
  try {
    return { output: toJson(await tool(input, call)) }
  } catch (thrown) {
    const { message } = HeadraceError.from(thrown)
    return { error: message.slice(0, maxErrorChars) || 'The tool failed and did not say why.' }
  }
}
