/**
 * Sends the operations of one attempt as numbered batches (L3).
 *
 *   buffer ──batch n──▶ unanswered ──accepted, noop──▶ gone
 *                          │ ▲
 *                          └─┘ refused for now: wait until every batch in flight is answered, then all again in order
 *
 * - The first operation goes at once. While a batch is unanswered the next one waits `intervalMs`, so that a fast model
 *   makes few batches and a slow one no delay. At most `maxInFlight` batches are unanswered.
 * - A batch keeps its number whatever happens to the connection; the outbox sends it again, the server applies it once.
 * - `paused`: nothing is sent until somebody says that it goes on; then what was refused, under the same numbers. Whoever
 *   waits for room waits for that too. If the run is stopped meanwhile, what was held back is dropped: it was never taken.
 * - `fenced`, `run_ended` and the like: the run is lost, everything is dropped.
 * - Refused for good (a limit, a wrong shape): the writer is broken; what is written later throws that error, and the
 *   run can only end as failed, under the number that was refused. A caller that never waits breaks it too.
 */
import { HeadraceError, type CommandBody, type WriteOp } from '@headrace/core'
import { appendOp, isLast, opChars, type EndOp, type LastOp } from './ops.ts'
import { isLost } from './is-lost.ts'
import { restOf, type Clock } from '../clock.ts'
import type { Backoff } from '../net/backoff.ts'
import type { Accepted } from '../outbox.ts'

export interface BatchWriterOptions {
  readonly clock: Clock
  readonly backoff: Backoff
  /** Characters that may be unanswered before {@link BatchWriter.room} waits. */
  readonly maxUnanswered: number
  readonly submit: (body: WriteBody) => Promise<Accepted>
  /** What a batch is a part of. */
  readonly run: string
  readonly attempt: number
  /** A batch was answered: the holder is heard. */
  readonly onAnswer: (answer: Accepted) => void
  /** A batch was refused because the run is held. */
  readonly onHeld: () => void
  readonly onLost: () => void
  /** The run can only fail from here on. */
  readonly onBroken: (error: HeadraceError) => void
  readonly onError: (error: HeadraceError) => void
}

type WriteBody = Extract<CommandBody, { readonly type: 'write' }>

interface Batch {
  n: number
  readonly ops: readonly WriteOp[]
  readonly chars: number
  inFlight: boolean
}

const intervalMs = 20
const maxInFlight = 8
const maxBatchOps = 500
const maxBatchChars = 65_536
/** A caller that never waits for room is stopped at so many times what it may have unanswered. */
const patience = 16

export class BatchWriter {
  readonly #options: BatchWriterOptions
  #buffer: WriteOp[] = []
  #chars = 0
  #unanswered: Batch[] = []
  #n = 0
  #sentAt = Number.NEGATIVE_INFINITY
  #cancelPump: (() => void) | undefined
  #cancelResend: (() => void) | undefined
  #soon = false
  #resending = false
  #stopped = false
  #broken: HeadraceError | undefined
  #ending = false
  /** An end was answered as if it had been written before. */
  #mayHaveEnded = false
  #isHeld = false
  /** The run was stopped: nobody waits for room any more, and its end does not wait for what is held back. */
  #isReleased = false
  readonly #waiting = new Set<{ readonly resolve: () => void; readonly reject: (error: HeadraceError) => void }>()
  #ended: (() => void) | undefined

  constructor(options: BatchWriterOptions) {
    this.#options = options
  }

  /** When a batch was last sent; the server then knew that the holder lives. */
  get sentAt(): number {
    return this.#sentAt
  }

  /** Why the run can only fail. */
  get broken(): HeadraceError | undefined {
    return this.#broken
  }

  /** Whether a batch is on its way, which says that the holder lives. */
  get isSending(): boolean {
    return this.#unanswered.some((batch) => batch.inFlight)
  }

  /** Whether all that was written is answered. */
  get isIdle(): boolean {
    return this.#buffer.length === 0 && this.#unanswered.length === 0
  }

  /** @throws HeadraceError why writing is not possible, or `limit_exceeded` when nobody waited for room */
  push(op: WriteOp): void {
    if (this.#stopped) return
    if (this.#broken) throw this.#broken
    if (this.#ending)
      throw new HeadraceError('run_ended', 'This attempt has let go of the run, so it can write nothing more.')
    const { maxUnanswered } = this.#options
    const chars = opChars(op)
    if (this.#chars + chars > maxUnanswered * patience && this.#chars > maxUnanswered) {
      const text = `maxUnansweredChars is limited to ${maxUnanswered}, and ${this.#chars} wait for an answer. Await what you write.`
      // What is not written now is missing from here on, so this can't go on as if nothing had happened.
      this.#broken = new HeadraceError('limit_exceeded', text, {
        detail: { limit: 'maxUnansweredChars', allowed: maxUnanswered, actual: this.#chars },
      })
      throw this.#broken
    }
    this.#chars += chars
    appendOp(this.#buffer, op)
    this.#wake()
  }

  /** Resolves when there is room for more; `undefined` when there is now. */
  room(): Promise<void> | undefined {
    if (this.#broken) return Promise.reject(this.#broken)
    const isFull = this.#chars > this.#options.maxUnanswered
    if (this.#stopped || !(isFull || this.#isHeld) || (this.#isReleased && this.#isHeld)) return undefined
    return new Promise((resolve, reject) => this.#waiting.add({ resolve, reject }))
  }

  /** Writes the last operation after all the rest; resolves when it is answered, or nothing is written any more. */
  end(op: LastOp): Promise<void> {
    if (this.#stopped) return Promise.resolve()
    this.#ending = true
    this.#buffer.push(op)
    this.#chars += opChars(op)
    this.#wake()
    this.#resendWhenQuiet()
    return new Promise((resolve) => (this.#ended = resolve))
  }

  /** The run is held, or goes on. */
  hold(on: boolean): void {
    if (on === this.#isHeld) return
    this.#isHeld = on
    if (on) return
    this.#settleRoom()
    if (this.#resending && !this.isSending) this.#resend()
  }

  /** The run was stopped: whoever waits for it to go on waits no longer. */
  release(): void {
    this.#isReleased = true
    if (this.#isHeld) this.#settleWaiting()
  }

  /** Drops everything. What is written later is dropped too. Idempotent. */
  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#cancelPump?.()
    this.#cancelResend?.()
    this.#buffer = []
    this.#unanswered = []
    this.#settleWaiting()
    this.#ended?.()
  }

  /** Gathers what is written in the same breath. */
  #wake(): void {
    if (this.#soon) return
    this.#soon = true
    queueMicrotask(() => {
      this.#soon = false
      this.#pump()
    })
  }

  #pump(): void {
    while (!this.#stopped && !this.#resending && this.#buffer.length > 0 && this.#unanswered.length < maxInFlight) {
      const wait = restOf(intervalMs, this.#sentAt, this.#options.clock)
      const hurry = this.#unanswered.length === 0 || this.#ending || this.#buffer.length >= maxBatchOps
      if (wait > 0 && !hurry) return this.#pumpAfter(wait)
      this.#send(this.#nextBatch())
    }
  }

  #pumpAfter(ms: number): void {
    this.#cancelPump ??= this.#options.clock.after(ms, () => {
      this.#cancelPump = undefined
      this.#pump()
    })
  }

  #nextBatch(): Batch {
    let count = 0
    let chars = 0
    for (const op of this.#buffer) {
      const next = chars + opChars(op)
      if (count > 0 && (next > maxBatchChars || count >= maxBatchOps)) break
      chars = next
      count += 1
    }
    this.#n += 1
    const batch = { n: this.#n, ops: this.#buffer.splice(0, count), chars, inFlight: false }
    this.#unanswered.push(batch)
    return batch
  }

  #send(batch: Batch): void {
    const { clock, run, attempt, submit } = this.#options
    const { n, ops } = batch
    batch.inFlight = true
    this.#sentAt = clock.now()
    submit({ type: 'write', run, attempt, n, ops }).then(
      (answer) => this.#answered(batch, answer),
      (thrown: unknown) => this.#refused(batch, HeadraceError.from(thrown)),
    )
  }

  #answered(batch: Batch, answer: Accepted): void {
    batch.inFlight = false
    if (!this.#unanswered.includes(batch)) return
    this.#options.onAnswer(answer)
    if (answer.outcome === 'noop' && isLast(batch.ops.at(-1)) && this.#broken) {
      // The refused number had been applied after all, so the end needs the next one; or it was this end that was.
      this.#mayHaveEnded = true
      batch.n = this.#n += 1
      return this.#send(batch)
    }
    this.#options.backoff.reset()
    this.#unanswered.splice(this.#unanswered.indexOf(batch), 1)
    this.#chars -= batch.chars
    if (isLast(batch.ops.at(-1))) return this.stop()
    this.#settleRoom()
    if (this.#resending) this.#resendWhenQuiet()
    this.#pump()
  }

  #refused(batch: Batch, error: HeadraceError): void {
    batch.inFlight = false
    if (this.#stopped || !this.#unanswered.includes(batch)) return
    if (error.code === 'run_ended' && this.#mayHaveEnded) return this.stop()
    if (isLost(error)) return this.#lose(error)
    const isFirst = this.#unanswered[0] === batch
    if (error.code === 'out_of_order' && isFirst) {
      // Everything before it was acknowledged, so a server that misses some has lost them.
      this.#options.onError(error)
      return this.#lose(error)
    }
    if (error.code === 'paused') {
      this.#isHeld = true
      this.#options.onHeld()
    }
    if (error.code === 'out_of_order' || error.retry === 'later') {
      this.#resending = true
      return this.#resendWhenQuiet()
    }
    // An end that only says what broke, and is refused too: nothing more can be said.
    if (this.#broken && isLast(batch.ops.at(-1))) return this.#lose(error)
    this.#break(batch, error)
  }

  #lose(error: HeadraceError): void {
    if (error.code === 'forbidden') this.#options.onError(error)
    this.stop()
    this.#options.onLost()
  }

  /** Batches after the refused one answer out of order; only when all have is the order certain again. */
  #resendWhenQuiet(): void {
    if (!this.#resending || this.isSending) return
    if (this.#isHeld) return this.#isReleased && this.#ending ? this.#endHeld() : undefined
    if (this.#cancelResend) return
    const { clock, backoff } = this.#options
    this.#cancelResend = clock.after(backoff.next(), () => this.#resend())
  }

  #resend(): void {
    this.#cancelResend?.()
    this.#cancelResend = undefined
    this.#resending = false
    for (const batch of this.#unanswered) this.#send(batch)
    this.#pump()
  }

  /** What was refused left its numbers free, so the end takes the first of them. */
  #endHeld(): void {
    const [first] = this.#unanswered
    if (first) this.#n = first.n - 1
    const last = this.#written().find(isLast)
    this.#unanswered = []
    this.#buffer = last ? [last] : []
    this.#chars = this.#buffer.reduce((sum, op) => sum + opChars(op), 0)
    this.#resending = false
    this.#isHeld = false
    this.#pump()
  }

  #break(batch: Batch, error: HeadraceError): void {
    this.#broken = error
    this.#options.onBroken(error)
    const end = this.#written().find(isLast)
    this.#n = batch.n - 1
    this.#unanswered = []
    this.#resending = false
    for (const { reject } of this.#waiting) reject(error)
    this.#waiting.clear()
    // The end that was refused along with the rest is still to be said, as a failure now.
    this.#buffer = end ? [failed(error)] : []
    this.#chars = this.#buffer.reduce((sum, op) => sum + opChars(op), 0)
    this.#pump()
  }

  /** All that has no answer. */
  #written(): readonly WriteOp[] {
    return [...this.#unanswered.flatMap(({ ops }) => ops), ...this.#buffer]
  }

  #settleRoom(): void {
    if (!this.#isHeld && this.#chars <= this.#options.maxUnanswered) this.#settleWaiting()
  }

  #settleWaiting(): void {
    for (const { resolve } of this.#waiting) resolve()
    this.#waiting.clear()
  }
}

/** The end of a run that can't be written. */
export function failed(error: HeadraceError): EndOp {
  return { op: 'end', reason: 'failed', detail: `The output was refused: ${error.message}`.slice(0, 4_096) }
}
