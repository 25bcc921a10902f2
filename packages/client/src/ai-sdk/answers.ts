/** Answers that a page has given through its chat (`addToolApprovalResponse`, `addToolOutput`), as commands. */
import { HeadraceError, isOpen } from '@headrace/core'
import { givenAnswers, type GivenAnswer, type GivenMessage } from '@headrace/formats/ai-sdk'
import type { Session } from '../session/session.ts'

/** What the loser of a race is told: the session shows who won. */
const lost: ReadonlySet<string> = new Set(['request_closed', 'request_taken', 'request_not_found'])

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
    return givenAnswers([message], this.#session.getSnapshot().view.requests).some(({ request }) =>
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
    await Promise.all(givenAnswers(messages, requests).map((given) => this.#once(given)))
  }

  #once(given: GivenAnswer): Promise<void> {
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

  async #answer({ request, answer, digest }: GivenAnswer): Promise<void> {
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
