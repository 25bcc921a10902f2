import path from 'node:path'
import { startNode } from '../lib/child.ts'
import { HeadraceConnection } from '../lib/headrace-connection.ts'
import { pad } from '../tokens/mark.ts'
import type { Driver, Load, Running, System } from '../tokens/system.ts'
import type { WriteOp } from '@headrace/core'

const agent = 'bench'

export const headrace: System = {
  name: 'headrace',
  kept: 'on disk, then shown',
  promise: 'Accepted: fsynced, then shown to readers.',
  use: '`headrace serve` with its embedded store and default settings, native protocol over WebSocket. One agent connection carries all runs; a run has one write batch unanswered at a time, and events that come meanwhile share the next one, as its client library does. Readers: one connection each.',
  async start(directory): Promise<Running> {
    const profiler = new URL('../lib/cpu-profile.ts', import.meta.url).href
    const nodeArgs = process.env['BENCH_CPU_PROFILE'] === undefined ? [] : ['--import', profiler]
    const args = ['serve', '--port', '0', '--json', '--data', path.join(directory, 'data')]
    const server = await startNode(new URL('../../packages/cli/src/bin.ts', import.meta.url), args, nodeArgs)
    return { address: server.line, pids: [server.pid], [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
  },
  open,
}

/** One run's writer: what is told to it while a batch is unanswered goes into the next batch. */
class RunWriter {
  readonly #connection: HeadraceConnection
  readonly #session: string
  readonly #run: string
  readonly #attempt: number
  #pending: WriteOp[] = []
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
      actor: `agent:${agent}`,
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

  #send(): void {
    this.#busy = true
    const ops = this.#pending
    this.#pending = []
    this.#n += 1
    const body = { type: 'write', run: this.#run, attempt: this.#attempt, n: this.#n, ops } as const
    this.#connection.submit(this.#session, body, this.#answered)
  }

  readonly #answered = (): void => {
    this.#busy = false
    if (this.#pending.length > 0) this.#send()
  }
}

async function open(
  address: string,
  load: Load,
  reader: (subscriber: number) => (text: string) => void,
): Promise<Driver> {
  const { url, token } = JSON.parse(address) as { url: string; token: string }
  const connections: HeadraceConnection[] = []
  const dial = async (hear?: (text: string) => void): Promise<HeadraceConnection> => {
    const connection = await HeadraceConnection.open(url, token, hear)
    connections.push(connection)
    return connection
  }
  const sessions = Array.from({ length: load.sessions }, (_, index) => `s${index}`)
  const working = await dial()
  const writers = new Map<string, RunWriter>()
  const assigned = Promise.withResolvers<void>()
  working.onAssign = (assignment) => {
    writers.set(assignment.session, new RunWriter(working, assignment))
    if (writers.size === load.sessions) assigned.resolve()
  }
  working.send({ type: 'work', agent, worker: 'load', capacity: load.sessions })
  await Promise.all(
    sessions.map(async (session) => {
      await working.command(session, { type: 'create', agent })
      await working.command(session, { type: 'send', parts: [{ kind: 'text', text: 'Begin.' }] })
    }),
  )
  await assigned.promise
  for (const writer of writers.values()) writer.write({ op: 'open', message: 'm', part: 'p', start: { kind: 'text' } })
  let reading = 0
  for (let subscriber = 0; subscriber < load.subscribers; subscriber += 1) {
    for (let first = 0; first < load.sessions; first += load.sessionsPerConnection) {
      const connection = await dial(reader(subscriber))
      for (const session of sessions.slice(first, first + load.sessionsPerConnection))
        await connection.subscribe(session)
      reading += 1
    }
  }
  const inOrder = sessions.map((session) => writers.get(session)!)
  const envelope = inOrder[0]!.envelope
  return {
    connections: { writing: 1, reading },
    publish: (session, text) =>
      inOrder[session]!.write({ op: 'delta', message: 'm', part: 'p', text: pad(text, envelope, load.eventBytes) }),
    close: () => connections.forEach((connection) => connection.close()),
  }
}
