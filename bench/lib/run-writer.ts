import type { WriteOp } from '@headrace/core'
import type { HeadraceConnection } from './headrace-connection.ts'

const benchAgent = 'bench'
/** Most operations that a batch may have (opsPerWrite). */
const maxOps = 1_000

/** Begins a run in each of these sessions, which are made, and opens a text part to stream into. All by one connection. */
export async function beginRuns(
  connection: HeadraceConnection,
  sessions: readonly string[],
): Promise<ReadonlyMap<string, RunWriter>> {
  const writers = new Map<string, RunWriter>()
  const assigned = Promise.withResolvers<void>()
  connection.onAssign = (assignment) => {
    writers.set(assignment.session, new RunWriter(connection, assignment))
    if (writers.size === sessions.length) assigned.resolve()
  }
  connection.send({ type: 'work', agent: benchAgent, worker: 'load', capacity: sessions.length })
  await Promise.all(
    sessions.map(async (session) => {
      await connection.command(session, { type: 'create', agent: benchAgent })
      await connection.command(session, { type: 'send', parts: [{ kind: 'text', text: 'Begin.' }] })
    }),
  )
  await assigned.promise
  for (const writer of writers.values()) writer.write({ op: 'open', message: 'm', part: 'p', start: { kind: 'text' } })
  return writers
}

/** One run's writer: what is told to it while a batch is unanswered goes into the next batch. */
export class RunWriter {
  readonly #connection: HeadraceConnection
  readonly #session: string
  readonly #run: string
  readonly #attempt: number
  readonly #pending: WriteOp[] = []
  readonly #idle: (() => void)[] = []
  #n = 0
  #busy = false

  constructor(connection: HeadraceConnection, assigned: { session: string; run: string; attempt: number }) {
    this.#connection = connection
    this.#session = assigned.session
    this.#run = assigned.run
    this.#attempt = assigned.attempt
  }

  /** Around the text of a delta as a reader gets it, once a session has some thousand events. */
  get envelope(): number {
    const data = { message: `${this.#run}.m`, part: `${this.#attempt}.p`, text: '' }
    const event = {
      seq: 1_000,
      at: Date.now(),
      type: 'part.delta',
      actor: `agent:${benchAgent}`,
      run: this.#run,
      n: 1_000,
      data,
    }
    return JSON.stringify(event).length
  }

  write(op: WriteOp): void {
    this.#pending.push(op)
    if (!this.#busy) this.#send()
  }

  /** Calls back once all that was written is accepted. */
  whenIdle(callback: () => void): void {
    if (this.#busy) this.#idle.push(callback)
    else callback()
  }

  #send(): void {
    this.#busy = true
    const ops = this.#pending.splice(0, maxOps)
    this.#n += 1
    const body = { type: 'write', run: this.#run, attempt: this.#attempt, n: this.#n, ops } as const
    this.#connection.submit(this.#session, body, this.#answered)
  }

  readonly #answered = (): void => {
    this.#busy = false
    if (this.#pending.length > 0) this.#send()
    else for (const callback of this.#idle.splice(0)) callback()
  }
}
