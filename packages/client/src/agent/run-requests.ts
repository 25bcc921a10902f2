/**
 * What a run asks of people and devices, and their answers (C7).
 *
 * The key names the request for every attempt of the run: what an earlier attempt has asked is not asked again, and its
 * answer is found, whoever works on the run now.
 */
import {
  HeadraceError,
  canonical,
  sha256,
  type Answer,
  type Json,
  type Request,
  type RequestSpec,
  type SessionView,
  type WriteOp,
} from '@headrace/core'

interface Waiting {
  readonly promise: Promise<Answer>
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: Error) => void
}

export class RunRequests {
  readonly #run: string
  readonly #push: (op: WriteOp) => void
  readonly #closed = new Map<string, Request>()
  readonly #waiting = new Map<string, Waiting>()
  readonly #counts = new Map<string, number>()
  #stopped: Error | undefined

  constructor(run: string, view: SessionView, push: (op: WriteOp) => void) {
    this.#run = run
    this.#push = push
    for (const request of view.requests) if (request.run === run && request.closedAt !== undefined) this.closed(request)
  }

  /** One of the run's requests is over. */
  closed(request: Request): void {
    const key = request.id.slice(this.#run.length + 1)
    this.#closed.set(key, request)
    const waiting = this.#waiting.get(key)
    this.#waiting.delete(key)
    if (!waiting) return
    if (request.answer) waiting.resolve(request.answer)
    else waiting.reject(withdrawn(request))
  }

  /** The answer, if there is one. */
  answerTo(key: string): Answer | undefined {
    return this.#closed.get(key)?.answer
  }

  ask(key: string, spec: RequestSpec): Promise<Answer> {
    const asked = this.#ask(key, spec)
    // Whoever lets go of the run after asking does not wait for the answer here.
    asked.catch(() => undefined)
    return asked
  }

  #ask(key: string, spec: RequestSpec): Promise<Answer> {
    const known = this.#closed.get(key)
    if (known) return known.answer ? Promise.resolve(known.answer) : Promise.reject(withdrawn(known))
    if (this.#stopped) return Promise.reject(this.#stopped)
    const before = this.#waiting.get(key)
    if (before) return before.promise
    const waiting = Promise.withResolvers<Answer>()
    this.#waiting.set(key, waiting)
    try {
      this.#push({ op: 'request', key, spec })
    } catch (thrown) {
      this.#waiting.delete(key)
      waiting.reject(HeadraceError.from(thrown))
    }
    return waiting.promise
  }

  withdraw(key: string, detail: string | undefined): void {
    this.#push({ op: 'withdraw', key, ...(detail !== undefined && { detail }) })
  }

  /**
   * A key for who names none: the same for every attempt that asks the same things in the same order, and another one for
   * anything else, so that an answer is never taken for the answer to something else.
   */
  keyFor(kind: string, about: Json): string {
    const name = `${kind}-${sha256(canonical(about)).slice(0, 32)}`
    const count = (this.#counts.get(name) ?? 0) + 1
    this.#counts.set(name, count)
    return count === 1 ? name : `${name}-${count}`
  }

  stop(why: Error): void {
    this.#stopped = why
    for (const { reject } of this.#waiting.values()) reject(why)
    this.#waiting.clear()
  }
}

function withdrawn({ id, status, detail }: Request): HeadraceError {
  const why = (detail ?? 'it was withdrawn').replace(/\.$/, '')
  return new HeadraceError('request_closed', `Request ${id} has no answer: ${why}.`, {
    detail: { request: id, status },
  })
}
