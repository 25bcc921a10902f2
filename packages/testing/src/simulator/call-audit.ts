/** How an agent behind a webhook is called, held against the log. */
import type { EventOf, RunId, RunSignal, SessionEvent } from '@headrace/core'
import type { History } from './history.ts'
import type { Fail } from './log-rules.ts'
import type { Setup } from './setup.ts'
import type { PulledRun } from './subject.ts'

export interface CallAuditOptions {
  readonly history: (session: string) => History
  readonly fail: Fail
  /** Virtual milliseconds. */
  readonly now: () => number
  readonly setup: Setup
  /** Nothing fails but what is called: no server goes while it calls. */
  readonly isCalm: boolean
}

interface Called {
  readonly at: number
  /** What came of it, and when; `undefined` before that. */
  taken: boolean | undefined
  answeredAt: number
}

/** Failures after which an agent is not called by itself any more. */
const tries = 8
const firstWaitMs = 1_000
const longestWaitMs = 300_000
/** How long it takes at most to write down that a call failed, where the store works. */
const giveBackMs = 1_500

export class CallAudit {
  readonly #options: CallAuditOptions
  /** By run and attempt. */
  readonly #calls = new Map<string, Called>()

  constructor(options: CallAuditOptions) {
    this.#options = options
  }

  /** A server begins to call; what is returned is called with whether the agent has taken it, as the server knows it. */
  called(type: string, data: PulledRun & { readonly signal: RunSignal['signal'] }): (isTaken: boolean) => void {
    if (type === 'run.signal') {
      this.#signalled(data)
      return () => undefined
    }
    const { session, run, attempt } = data
    const { fail, history, now, setup } = this.#options
    const id = idOf(session, run, attempt)
    if (this.#calls.has(id)) fail('called', `the agent is called twice for attempt ${attempt} of ${run}`)
    const log = history(session)
    if (!claims(log).some((claim) => claim.run === run && claim.data.attempt === attempt))
      fail('called', `the agent is called for attempt ${attempt} of ${run}, which nobody claimed`)
    // What another server has written, this one may not have heard of.
    if (setup.servers === 1 && !isHeld(log, data))
      fail('called', `the agent is called for attempt ${attempt} of ${run}, which is over`)
    this.#checkWait(log, data)
    const call: Called = { at: now(), taken: undefined, answeredAt: Infinity }
    this.#calls.set(id, call)
    return (isTaken) => {
      call.taken = isTaken
      call.answeredAt = now()
    }
  }

  /** After each failure in a row it is left alone for longer. */
  #checkWait(log: History, { session, run, attempt }: PulledRun): void {
    const { fail, now, setup } = this.#options
    if (setup.faults.includes('clock')) return
    const claim = claims(log).find((event) => event.run === run && event.data.attempt === attempt)
    const state = claim && log.at(claim.seq - 1).view.runs.find((candidate) => candidate.id === run)
    const last = this.#calls.get(idOf(session, run, attempt - 1))
    if (!state?.undelivered || !last) return
    const waitMs = Math.min(longestWaitMs, firstWaitMs * 4 ** (state.undelivered.tries - 1))
    if (now() - last.at < waitMs)
      fail('called', `the agent of ${run} is called again ${now() - last.at} ms after a call, and not ${waitMs} ms`)
  }

  #signalled({ session, run, attempt, signal }: PulledRun & { readonly signal: RunSignal['signal'] }): void {
    const { fail, history } = this.#options
    const log = history(session)
    if (signal === 'lost' && isHeld(log, { session, run, attempt }))
      fail('true-loss', `the agent that is called was told that it lost attempt ${attempt} of ${run}, and has it`)
    if (signal === 'cancel' && !log.events.some((event) => event.type === 'run.cancel-requested' && event.run === run))
      fail('true-word', `the agent that is called was told to stop ${run}, and nobody asked for it`)
  }

  /** An event of a log. */
  check(session: string, event: SessionEvent): void {
    if (event.type === 'run.undelivered') this.#undelivered(session, event)
    if (event.type === 'run.lapsed') this.#lapsed(session, event)
  }

  /** Who could not be reached is called again, 7 times. */
  #undelivered(session: string, { run = '', seq, data }: EventOf<'run.undelivered'>): void {
    const { fail, history } = this.#options
    const log = history(session)
    const before = log.at(seq - 1).view.runs.find((candidate) => candidate.id === run)
    const failed = (before?.undelivered?.tries ?? 0) + 1
    if (data.tries !== failed) fail('called', `${run} failed for the ${failed}th time, and ${data.tries} are written`)
    if (data.dead !== true && data.retryAt === undefined) fail('called', `${run} waits for nothing`)
    if (data.dead === true && data.tries < tries) fail('called', `${run} is given up after ${data.tries} tries`)
    const call = this.#calls.get(idOf(session, run, before?.attempt ?? 0))
    if (call?.taken !== false) fail('called', `${run} is undelivered, and its agent was not called or took it`)
  }

  /** What was not taken is given back, and does not wait until its lease is over. */
  #lapsed(session: string, { run = '', seq }: EventOf<'run.lapsed'>): void {
    const { fail, history, isCalm, now } = this.#options
    const attempt =
      history(session)
        .at(seq - 1)
        .view.runs.find((candidate) => candidate.id === run)?.attempt ?? 0
    const call = this.#calls.get(idOf(session, run, attempt))
    if (isCalm && call?.taken === false && now() - call.answeredAt > giveBackMs)
      fail('called', `attempt ${attempt} of ${run} lapses, which its agent did not take`)
  }

  /** What was claimed for the agent, it was called for. */
  checkEnd(histories: readonly History[]): void {
    if (!this.#options.isCalm) return
    for (const log of histories) {
      const { session } = { session: log.state.view.id }
      for (const { run = '', data } of claims(log))
        if (!this.#calls.has(idOf(session, run, data.attempt)))
          this.#options.fail('called', `nobody called the agent for attempt ${data.attempt} of ${run}`)
    }
  }
}

/** Claims for the agent that is called. */
function claims({ events }: History): readonly EventOf<'run.claimed'>[] {
  return events.filter(
    (event): event is EventOf<'run.claimed'> =>
      event.type === 'run.claimed' && event.data.worker.startsWith('webhook.'),
  )
}

function isHeld({ state }: History, { run: id, attempt }: PulledRun): boolean {
  const run = state.view.runs.find((candidate) => candidate.id === id)
  return run?.status === 'active' && run.attempt === attempt
}

function idOf(session: string, run: RunId, attempt: number): string {
  return `${session} ${run} ${attempt}`
}
