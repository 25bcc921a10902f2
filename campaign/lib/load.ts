/**
 * People who post, agents that stream and readers that follow, on many sessions of one server, each with a journal.
 * Whatever happens to the server or the network, they go on by themselves: what they can't recover from is a finding.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { connect, type Client } from '@headrace/client'
import { createWorker, type AgentRun, type Worker } from '@headrace/client/agent'
import { HeadraceError } from '@headrace/core'
import type { Fault, Journals, LogCopy, ReaderJournal, Write } from '../journals.ts'
import { seen } from './marks.ts'
import { longestMs } from './patience.ts'
import { Stuck, createProgress, within, type Progress } from './progress.ts'
import { between } from './random.ts'
import { readEnd, readLog, type LogSource } from './read-log.ts'
import { startWireAgent, type WireAgent } from './wire-agent.ts'
import { startWireReader } from './wire-reader.ts'

export interface LoadOptions {
  /** The server; its address may change. */
  readonly server: LogSource
  /** Address that readers and people of the second half of the sessions go through. Default: the server's own. */
  readonly through?: string
  /** Begins the ids of sessions and marks. */
  readonly name: string
  readonly sessions: number
  /** Readers with the client library, and without it; each follows every session. */
  readonly readers: { readonly client: number; readonly wire: number }
  /** Whether an agent streams into each session. */
  readonly agents: boolean
  /** Sessions beside those, into each of which an agent without the client library streams as fast as it is answered. */
  readonly streams?: number
  /** Whether every post is sent by two connections at once, under one id. */
  readonly twins?: boolean
  /** Most milliseconds between posts to a session. */
  readonly paceMs: number
  /** Most characters that a post is filled up with. */
  readonly fill?: number
  /** How long anything may take before it counts as stuck. */
  readonly patienceMs: number
  readonly random: () => number
}

export interface Load {
  /** Acknowledgements so far. */
  readonly acks: Progress
  /** Refusals because the disk was full so far. */
  readonly full: Progress
  /** Events that readers were given so far. */
  readonly given: Progress
  /** Connections that readers got again so far. */
  readonly reconnects: Progress
  /** Connections that readers lost so far. */
  readonly losses: Progress
  /** Resolves when every reader has a connection. */
  online(patienceMs: number): Promise<void>
  /** Every reader loses its connection. */
  drop(): void
  /** Something never came that somebody waited for. */
  hung(what: Stuck): void
  /**
   * Lets people and agents finish, waits until all readers have come to the end, and reads every session afresh when they
   * have written down the last of what they were given. The other way round a session that somebody came back to in between
   * would have grown, and what readers saw of that would not be in what was read.
   *
   * @param faults - what was done to them
   * @param fresh - whom to read from
   */
  finish(faults: readonly Fault[], fresh?: LogSource): Promise<Journals>
  /** Idempotent. */
  close(): Promise<void>
}

/** Longer than the load of a machine may keep this process from running: that a lease lapses then is right. */
const leaseMs = 600_000
const backoff = { minMs: 5, maxMs: 150 }
/** Different errors of agents that are kept for the report. */
const mostHeard = 10
/** Its runs are for nobody else. */
const streamer = 'streamer'
/** Most milliseconds that it rests when it was answered. */
const streamPaceMs = 30

export async function startLoad(options: LoadOptions): Promise<Load> {
  const { server, name, random, patienceMs } = options
  const peopled = Array.from({ length: options.sessions }, (_, index) => `${name}/${index}`)
  const streamed = Array.from({ length: options.streams ?? 0 }, (_, index) => `${name}/s${index}`)
  const ids = [...peopled, ...streamed]
  const acks = createProgress('acknowledgements')
  const full = createProgress('refusals of a full disk')
  const given = createProgress('events')
  const connections = createProgress('connections of readers')
  const reconnects = createProgress('reconnects')
  const losses = createProgress('lost connections')
  const writes: Write[] = []
  const stuck: string[] = []
  const takenRuns: string[] = []
  const readers: ReaderJournal[] = []
  const clients: { close(): unknown }[] = []
  const dropped: { drop(): void }[] = []
  const stopping = new AbortController()
  /** Readers write nothing down any more. */
  let isSealed = false
  const through = (): string => options.through ?? server.url
  const dial = (url: string): Client => {
    const client = connect({ url, token: () => server.token, backoff, random, onError: () => undefined })
    clients.push(client)
    return client
  }

  // On the way of the faults, and beside it: an answer that a network loses is sent for again.
  const [person, twin] = [dial(server.url), dial(through())]
  const making = [
    ...peopled.map((id) => person.session(id).create()),
    ...streamed.map((id) => person.session(id).create({ agent: streamer })),
  ]
  await within(Promise.all(making), patienceMs, 'the sessions')

  for (let index = 0; index < options.readers.client; index += 1) {
    const reader = dial(through())
    const watch = watched()
    let isOnline = false
    reader.onStatus(() => {
      if (isOnline === (reader.status.state === 'online')) return
      isOnline = !isOnline
      if (isOnline) watch.onOnline()
      else watch.onOffline()
    })
    dropped.push(reader)
    for (const session of peopled) {
      const journal = journalOf(`client ${index}`, session)
      reader.session(session, { after: 0 }).onEvent((event) => note(journal, event))
    }
  }
  for (let index = 0; index < options.readers.wire; index += 1) {
    const reader = startWireReader({
      at: () => ({ url: through(), token: server.token }),
      journals: ids.map((session) => journalOf(`wire ${index}`, session)),
      onEvent: note,
      ...watched(),
    })
    clients.push(reader)
    dropped.push(reader)
  }

  const { worker, end: endRuns } = options.agents ? startAgents() : { worker: undefined, end: async () => undefined }
  const stream = streamed.length > 0 ? startStreaming() : undefined
  const posting = peopled.map((session) => postForEver(session))
  return {
    acks,
    full,
    given,
    reconnects,
    losses,
    async online(longestMs) {
      // Who has lost a connection in the meantime has to come back once more.
      while (connections.count - losses.count < dropped.length)
        await connections.reach(connections.count + 1, longestMs)
    },
    drop() {
      for (const reader of dropped) reader.drop()
    },
    hung,
    async finish(faults, fresh = server) {
      stopping.abort()
      await observe(within(Promise.all(posting), patienceMs, 'answers to what people had sent'))
      await observe(endRuns())
      if (stream) await observe(within(stream.finish(), patienceMs, 'answers to what was streamed'))
      const ends = new Map<string, number>()
      for (const id of ids) await observe(readEnd(fresh, id, patienceMs).then((end) => void ends.set(id, end)))
      await observe(within(untilCurrent(ends), patienceMs, 'the end of every session to its readers'))
      isSealed = true
      for (const journal of readers) journal.upTo = ends.get(journal.session) ?? 0
      const logs: LogCopy[] = []
      for (const id of ids) await observe(readLog(fresh, id, patienceMs).then((log) => void logs.push(log)))
      return { faults, writes, readers, logs, agents: [], stuck, takenRuns }
    },
    async close() {
      stopping.abort()
      await worker?.close({ graceMs: 0 })
      for (const client of clients) await client.close()
    },
  }

  /** Counts the connections of one reader. */
  function watched(): { onOnline(): void; onOffline(): void } {
    let isFirst = true
    return {
      onOnline() {
        connections.add()
        if (!isFirst) reconnects.add()
        isFirst = false
      },
      onOffline: () => losses.add(),
    }
  }

  function journalOf(reader: string, session: string): ReaderJournal {
    const journal: ReaderJournal = { reader: `${name} ${reader}`, session, seen: [] }
    readers.push(journal)
    return journal
  }

  function note(journal: ReaderJournal, event: { readonly seq: number }): void {
    if (isSealed) return
    journal.seen.push(seen(event))
    given.add()
  }

  function hung({ message }: Stuck): void {
    stuck.push(`${name}: ${message}`)
  }

  /** What never comes is a finding; the rest is judged all the same. */
  async function observe(work: Promise<unknown>): Promise<void> {
    try {
      await work
    } catch (thrown) {
      if (!(thrown instanceof Stuck)) throw thrown
      hung(thrown)
    }
  }

  async function postForEver(session: string): Promise<void> {
    const by = `${session}/post`
    for (let count = 0; !stopping.signal.aborted;) {
      // Some together, so that their order on one connection counts.
      const burst = options.twins === true ? 1 : between(random, 1, 3)
      const posts = Array.from({ length: burst }, (_, index) => post(session, by, count + index))
      count += burst
      await Promise.all(posts)
      await pause(random() * options.paceMs)
    }
  }

  async function post(session: string, by: string, count: number): Promise<void> {
    const mark = `${by}#${count}`
    const text = `${mark} ${'.'.repeat(Math.floor(random() * (options.fill ?? 200)))}`
    const senders =
      options.twins === true ? [person, twin] : [count % 2 === 0 || options.through === undefined ? person : twin]
    // One journal entry for each answer: they must agree.
    await Promise.all(
      senders.map(async (sender) => {
        const write: Write = { session, by, mark, shows: 'log', outcome: 'unknown' }
        writes.push(write)
        await settle(
          write,
          sender
            .session(session)
            .post(text, options.twins === true ? { id: `${by}.${count}`.replaceAll('/', '.') } : {}),
        )
      }),
    )
  }

  async function settle(write: Write, answer: Promise<{ readonly seq: number }>): Promise<void> {
    try {
      write.seq = (await answer).seq
      write.outcome = 'acked'
      acks.add()
    } catch (thrown) {
      const { code } = HeadraceError.from(thrown)
      if (code === 'store_full') full.add()
      write.code = code
      if (code !== 'closed' && code !== 'unknown_outcome') write.outcome = 'refused'
    }
  }

  function startAgents(): { readonly worker: Worker; readonly end: () => Promise<void> } {
    const said = new Map<string, { readonly run: AgentRun; readonly words: readonly Write[] }>()
    const heard = new Set<string>()
    const finish = Promise.withResolvers<void>()
    const started = createWorker({
      url: server.url,
      token: () => server.token,
      backoff,
      random,
      agent: 'assistant',
      capacity: peopled.length,
      leaseMs,
      // Why a run was lost to its agent is known only here.
      onError: ({ code, message }) => heard.size < mostHeard && heard.add(`${code}: ${message}`),
      handler: async (run) => {
        const { session, attempt } = run
        if (said.has(session)) takenRuns.push(`the run of ${session} had begun, and was given to attempt ${attempt}`)
        const words: Write[] = []
        said.set(session, { run, words })
        await talk(run, words)
        await finish.promise
      },
    })
    const asked = peopled.map((id) => person.session(id).send('Go on until the end.'))
    // Whoever gives up before that has said why.
    for (const answer of asked) answer.catch(() => undefined)
    return {
      worker: started,
      async end() {
        await within(Promise.all(asked), patienceMs, 'answers to what was asked of agents')
        finish.resolve()
        await within(started.close({ graceMs: longestMs(patienceMs) }), patienceMs, 'the end of the runs')
        for (const [session, { run, words }] of said) {
          // A run that was taken away has no answer to its last words.
          if (run.stopped !== undefined) {
            const errors = heard.size === 0 ? '' : `; agents heard ${[...heard].join(', ')}`
            takenRuns.push(`the run of ${session} had begun, and its agent was told ${run.stopped}${errors}`)
            continue
          }
          // Its end was answered; what was written before is durable then.
          for (const word of words) {
            word.outcome = 'acked'
            acks.add()
          }
        }
      },
    }
  }

  async function talk(run: AgentRun, words: Write[]): Promise<void> {
    const by = `${run.session}/agent`
    for (let count = 0; !stopping.signal.aborted; count += 1) {
      const write: Write = { session: run.session, by, mark: `${by}#${count}`, shows: 'log', outcome: 'unknown' }
      words.push(write)
      writes.push(write)
      await run.text(`${write.mark} `)
      await pause(options.paceMs * (0.5 + random()))
    }
  }

  function startStreaming(): WireAgent {
    const agent = startWireAgent({
      at: () => ({ url: server.url, token: server.token }),
      agent: streamer,
      sessions: streamed,
      paceMs: streamPaceMs,
      random,
      writes,
      onAcked: (count) => acks.add(count),
      onTaken: (text) => takenRuns.push(text),
    })
    clients.push(agent)
    // Whoever gives up before that has said why.
    for (const id of streamed)
      person
        .session(id)
        .send('Go on until the end.')
        .catch(() => undefined)
    return agent
  }

  async function untilCurrent(ends: ReadonlyMap<string, number>): Promise<void> {
    const isCurrent = (): boolean =>
      readers.every(({ session, seen: got }) => (got.at(-1)?.seq ?? 0) >= (ends.get(session) ?? 0))
    while (!isCurrent()) await given.reach(given.count + 1, patienceMs)
  }
}
