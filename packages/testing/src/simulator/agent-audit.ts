/** What an agent is told of its run must be what the log says, and nothing of it may come twice. */
import { canonical, type Answer, type EventOf, type Json, type SessionEvent } from '@headrace/core'
import type { AgentRun, ChildRun } from '@headrace/client/agent'
import type { History } from './history.ts'
import type { Fail } from './log-rules.ts'

type LetGo = EventOf<'run.ended' | 'run.suspended'>
type Closed = EventOf<'request.answered' | 'request.expired'>

export class AgentAudit {
  readonly #run: Pick<AgentRun, 'id' | 'attempt'>
  readonly #history: History
  readonly #fail: Fail
  readonly #name: string

  constructor(run: AgentRun, history: History, fail: Fail) {
    this.#run = run
    this.#history = history
    this.#fail = fail
    this.#name = `attempt ${run.attempt} of ${run.id}`
    // Whoever dies hears nothing any more, and a lost connection is no stop.
    run.signal.addEventListener('abort', () => {
      if (run.stopped === 'lost') this.#checkLost()
      if (run.stopped === 'cancel') this.#checkCancelled()
    })
    const heard = new Set<string>()
    run.onSteer(({ id }) => {
      if (heard.has(id)) this.#fail('true-word', `${this.#name} is told ${id} twice`)
      heard.add(id)
      if (!this.#of('run.steered').some(({ data }) => data.message === id))
        this.#fail('true-word', `${this.#name} is steered by ${id}, which nobody said to it`)
    })
  }

  /** The run was given an answer to what it had asked. `about`: a part of what it asked that tells it from others. */
  answered(about: Json, answer: (answer: Answer) => boolean): void {
    const asked = this.#of('request.opened').filter(({ data }) =>
      canonical({ ...data.spec }).includes(canonical(about)),
    )
    const given = this.#history.events.filter(
      (event): event is Closed =>
        (event.type === 'request.answered' || event.type === 'request.expired') &&
        asked.some(({ data }) => data.id === event.data.id),
    )
    if (!given.some(({ data }) => answer(data.answer)))
      this.#fail('true-word', `${this.#name} is given an answer about ${canonical(about)} that is not in the log`)
  }

  /** The run was told that one which it had started is over. */
  async ended({ key, ended }: ChildRun): Promise<void> {
    const child = await ended
    const end = this.#history.events.find(
      (event): event is EventOf<'run.ended'> => event.type === 'run.ended' && event.run === child.id,
    )
    if (child.key !== key || child.parent !== this.#run.id || end?.data.reason !== child.reason)
      this.#fail('true-word', `${this.#name} is told that ${child.id} has ended as ${child.reason}`)
  }

  #checkLost(): void {
    const { id, attempt } = this.#run
    const run = this.#history.state.view.runs.find((candidate) => candidate.id === id)
    const why = `${this.#name} was told that it is lost`
    if (run?.status === 'active' && run.attempt === attempt) this.#fail('true-loss', `${why}, and holds it`)
    const end = this.#history.events.findLast(
      (event): event is LetGo =>
        (event.type === 'run.ended' || event.type === 'run.suspended') &&
        event.run === id &&
        event.data.attempt === attempt,
    )
    if (end?.n !== undefined) this.#fail('true-loss', `${why}, and let go of it itself by event ${end.seq}`)
  }

  #checkCancelled(): void {
    if (this.#of('run.cancel-requested').length === 0)
      this.#fail('true-word', `${this.#name} was told to stop, and nobody asked for it`)
  }

  /** Events of the run. */
  #of<T extends SessionEvent['type']>(type: T): readonly EventOf<T>[] {
    return this.#history.events.filter(
      (event): event is EventOf<T> => event.type === type && event.run === this.#run.id,
    )
  }
}
