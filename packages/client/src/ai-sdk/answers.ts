/** Answers that a page has given through its chat (`addToolApprovalResponse`, `addToolOutput`), as commands. */
import { HeadraceError, isOpen, type Answer, type Request } from '@headrace/core'
import { toJson } from '../to-json.ts'
import { callOf } from './to-ui-messages.ts'
import { isToolPart, type UiToolPart } from './ui-message.ts'
import type { GivenMessage } from './from-ui-message.ts'
import type { Session } from '../session/session.ts'

const maxErrorChars = 65_536
/** What the loser of a race is told: the session shows who won. */
const lost: ReadonlySet<string> = new Set(['request_closed', 'request_taken', 'request_not_found'])

interface Given {
  readonly request: Request
  readonly answer: Answer
  /** The action that was looked at. */
  readonly digest?: string
}

export class Answers {
  readonly #session: Session
  readonly #onError: (error: HeadraceError) => void
  /** On their way, or the session doesn't show it yet. */
  readonly #sent = new Map<string, Promise<void>>()

  constructor(session: Session, onError: (error: HeadraceError) => void) {
    this.#session = session
    this.#onError = onError
  }

  /** Whether a message holds an answer that the session does not show yet. */
  isSending(message: GivenMessage): boolean {
    if (this.#sent.size === 0) return false
    return givenIn([message], this.#session.getSnapshot().view.requests).some(({ request }) =>
      this.#sent.has(request.id),
    )
  }

  /**
   * Sends what is new in these messages. Resolves when the session shows it, or somebody else was first.
   *
   * @throws HeadraceError every other refusal
   */
  async send(messages: readonly GivenMessage[]): Promise<void> {
    const { requests } = this.#session.getSnapshot().view
    for (const id of this.#sent.keys()) {
      if (!requests.some((request) => request.id === id && isOpen(request))) this.#sent.delete(id)
    }
    await Promise.all(givenIn(messages, requests).map((given) => this.#once(given)))
  }

  #once(given: Given): Promise<void> {
    const { id } = given.request
    const before = this.#sent.get(id)
    if (before) return before
    // Later, so that it is known as sent before the session tells anybody that something is on its way.
    const sent = Promise.resolve().then(() => this.#answer(given))
    this.#sent.set(id, sent)
    sent.catch((thrown: unknown) => {
      this.#sent.delete(id) // may be tried again
      this.#onError(HeadraceError.from(thrown))
    })
    return sent
  }

  async #answer({ request, answer, digest }: Given): Promise<void> {
    const { id, spec } = request
    try {
      // A `noop` says that this device has it: it was taken when the page began to run it.
      if (spec.kind === 'tool') await this.#session.claimRequest(id)
      const { seq } = await this.#session.answer({ id, ...(digest !== undefined && { digest }) }, answer)
      await this.#session.until(({ view }) => view.seq >= seq)
    } catch (thrown) {
      if (!lost.has(HeadraceError.from(thrown).code)) throw thrown
    }
  }
}

/** The answers in these messages to requests that are open. */
function givenIn(messages: readonly GivenMessage[], requests: readonly Request[]): readonly Given[] {
  const open = requests.filter(isOpen)
  if (open.length === 0) return []
  const calls = messages.flatMap((message) => (message.role === 'assistant' ? message.parts.filter(isToolPart) : []))
  return open.flatMap((request) => {
    for (const call of calls) {
      const given = givenBy(call, request)
      if (given) return [given]
    }
    return []
  })
}

function givenBy(call: UiToolPart, request: Request): Given | undefined {
  const { id, spec, digest } = request
  if (spec.kind === 'approval') {
    if (call.state !== 'approval-responded' || call.approval.id !== id) return undefined
    const { approved, reason, signature = digest } = call.approval
    return {
      request,
      answer: { decision: approved ? 'approve' : 'deny', ...(reason !== undefined && { reason }) },
      ...(signature !== undefined && { digest: signature }),
    }
  }
  if (call.toolCallId !== id && call.toolCallId !== callOf(request)) return undefined
  if (call.state === 'output-available' && call.preliminary !== true) {
    const output = toJson(call.output)
    return { request, answer: spec.kind === 'question' ? { value: output } : { output } }
  }
  if (call.state !== 'output-error') return undefined
  const error = call.errorText.slice(0, maxErrorChars) || 'The tool failed and did not say why.'
  return { request, answer: spec.kind === 'question' ? { decision: 'deny', reason: error.slice(0, 4_096) } : { error } }
}
