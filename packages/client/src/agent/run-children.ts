/** Runs that a run has started (R5). The key names a child for every attempt, so that none is started twice. */
import type { EndedRun, Message, SessionView, WriteOp } from '@headrace/core'
import { partsOf } from '../session/input.ts'
import type { ChildRun, SpawnInput } from './run.ts'

export interface RunChildrenOptions {
  readonly run: string
  readonly view: SessionView
  readonly push: (op: WriteOp) => void
  readonly messagesOf: (run: string) => Promise<readonly Message[]>
}

export class RunChildren {
  readonly #options: RunChildrenOptions
  readonly #ended = new Map<string, EndedRun>()
  readonly #waiting = new Map<string, PromiseWithResolvers<EndedRun>>()
  #stopped: Error | undefined

  constructor(options: RunChildrenOptions) {
    this.#options = options
    const { view, run } = options
    for (const child of view.runs) if (child.parent === run && child.status === 'ended') this.ended(child)
  }

  /** A child is over. */
  ended(child: EndedRun): void {
    const { key } = child
    if (key === undefined) return
    this.#ended.set(key, child)
    this.#waiting.get(key)?.resolve(child)
    this.#waiting.delete(key)
  }

  spawn(key: string, { agent, to, budget, ...content }: SpawnInput): ChildRun {
    const { push, messagesOf } = this.#options
    const isNew = !this.#ended.has(key) && !this.#waiting.has(key)
    const ended = this.#end(key)
    // Whoever does not wait for it gets no rejection that nobody handles.
    ended.catch(() => undefined)
    if (isNew && !this.#stopped) {
      const options = { ...(to !== undefined && { to }), ...(budget && { budget }) }
      push({ op: 'spawn', key, agent, parts: partsOf(content), ...options })
    }
    return { key, ended, messages: async () => messagesOf((await ended).id) }
  }

  #end(key: string): Promise<EndedRun> {
    const known = this.#ended.get(key)
    if (known) return Promise.resolve(known)
    if (this.#stopped) return Promise.reject(this.#stopped)
    const waiting = this.#waiting.get(key) ?? Promise.withResolvers<EndedRun>()
    this.#waiting.set(key, waiting)
    return waiting.promise
  }

  stop(why: Error): void {
    this.#stopped = why
    for (const { reject } of this.#waiting.values()) reject(why)
    this.#waiting.clear()
  }
}
