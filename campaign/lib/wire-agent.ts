import type { Down, HeldRun, Up, WriteOp } from '@headrace/core'
import type { Write } from '../journals.ts'
import { startWire } from './wire.ts'

export interface WireAgentOptions {
  /** Address and token to connect with now: both may change when a server comes back. */
  readonly at: () => { readonly url: string; readonly token: string }
  readonly agent: string
  /** One run is asked for in each of them. */
  readonly sessions: readonly string[]
  /** Most milliseconds between an answer and the next batch. */
  readonly paceMs: number
  readonly random: () => number
  /** Everything that is said goes in here before it is sent. */
  readonly writes: Write[]
  readonly onAcked: (count: number) => void
  /** A run was taken from the agent, in words. */
  readonly onTaken: (text: string) => void
}

/** An agent without the client library. */
export interface WireAgent {
  /** Says no more. Resolves when all it has said is answered, and its runs are over. */
  finish(): Promise<void>
  /** Idempotent. */
  close(): void
}

interface Batch {
  readonly id: string
  readonly frame: string
  readonly words: readonly Write[]
  /** Operations after the last word. */
  readonly after: number
}

interface Talk {
  readonly session: string
  readonly unanswered: Batch[]
  readonly done: PromiseWithResolvers<void>
  run: string
  attempt: number
  /** Batches, messages and words so far. */
  n: number
  messages: number
  words: number
  isOver: boolean
}

/** Longer than the load of a machine may keep this process from running: that a lease lapses then is right. */
const leaseMs = 600_000
const wordsPerBatch = 100
const batchesPerMessage = 5
/** Batches of one run that are unanswered at the same time. */
const window = 2

/**
 * Streams as fast as it is answered, each word a delta of its own, in numbered batches. What has no answer it sends again on the
 * next connection, as it was; what has one it forgets, so a server that has lost it can't get it back from here.
 */
export function startWireAgent(options: WireAgentOptions): WireAgent {
  const { at, agent, sessions, random, writes, onAcked, onTaken } = options
  const talks = new Map(sessions.map((session) => [session, begin(session)]))
  const wire = startWire({ at, onOnline: takeUp, onFrame })
  let isFinishing = false
  let isClosed = false

  /** Says what it holds, and what has no answer. */
  function takeUp(): void {
    wire.send({ type: 'work', agent, worker: 'wire', capacity: sessions.length, leaseMs, held: held() })
    for (const { unanswered } of talks.values()) for (const batch of unanswered) wire.sendText(batch.frame)
  }

  function onFrame(frame: Down): void {
    switch (frame.type) {
      case 'assign':
        return assigned(frame)
      case 'reply':
        return answered(frame)
      case 'signal':
        return signalled(frame)
      case 'error':
        if (frame.error.retry !== 'later') for (const session of talks.keys()) taken(session, frame.error.message)
        return
      default:
      // It follows no session; a server that says goodbye closes the connection.
    }
  }

  function held(): readonly HeldRun[] {
    return [...talks.values()]
      .filter(({ run, isOver, unanswered }) => run !== '' && !(isOver && unanswered.length === 0))
      .map(({ session, run, attempt }) => ({ session, run, attempt }))
  }

  function assigned({ session, run, attempt }: Extract<Down, { readonly type: 'assign' }>): void {
    const talk = talks.get(session)
    if (!talk || (talk.run === run && talk.attempt === attempt)) return // said twice
    if (talk.run !== '') return taken(session, `the agent had begun, and it was given to attempt ${attempt}`)
    talk.run = run
    talk.attempt = attempt
    pump(talk)
  }

  /** Of what is said after a reconnect only this concerns an agent that asks nothing. */
  function signalled({ session, signal }: Extract<Down, { readonly type: 'signal' }>): void {
    if ((signal === 'lost' || signal === 'cancel') && !talks.get(session)?.isOver)
      taken(session, `it was told ${signal}`)
  }

  function answered(reply: Extract<Down, { readonly type: 'reply' }>): void {
    const talk = talks.get(reply.session)
    const index = talk?.unanswered.findIndex(({ id }) => id === reply.id) ?? -1
    if (!talk || index === -1) return
    if (reply.outcome === 'refused') {
      const { code, retry } = reply.error
      // What is behind a batch that was refused for now is refused too: all of it again, in its order.
      if (retry === 'later' || (code === 'out_of_order' && index > 0)) return wire.drop()
      return taken(reply.session, `a batch of it was refused: ${reply.error.message}`)
    }
    const [batch] = talk.unanswered.splice(index, 1)
    if (!batch) return
    const { words, after } = batch
    for (const [place, word] of words.entries()) {
      word.outcome = 'acked'
      // Of a retry the answer may be about the session as it is by now.
      if (reply.outcome === 'accepted') word.seq = reply.seq - after - (words.length - 1 - place)
    }
    onAcked(words.length)
    if (talk.isOver && talk.unanswered.length === 0) talk.done.resolve()
    else if (isFinishing) pump(talk)
    else setTimeout(() => pump(talk), random() * options.paceMs)
  }

  function taken(session: string, why: string): void {
    const talk = talks.get(session)
    if (!talk || (talk.isOver && talk.unanswered.length === 0)) return
    onTaken(`the run of ${session} was taken from its agent: ${why}`)
    talk.isOver = true
    talk.unanswered.length = 0
    talk.done.resolve()
  }

  function pump(talk: Talk): void {
    while (!talk.isOver && !isClosed && talk.run !== '' && talk.unanswered.length < window) {
      const batch = isFinishing ? lastOf(talk) : next(talk)
      talk.unanswered.push(batch)
      if (wire.isOnline) wire.sendText(batch.frame)
    }
  }

  function next(talk: Talk): Batch {
    const { session } = talk
    const place = { message: `m${talk.messages}`, part: 'p' }
    const ops: WriteOp[] = []
    if (talk.n % batchesPerMessage === 0) ops.push({ op: 'open', ...place, start: { kind: 'text' } })
    const words: Write[] = []
    for (let count = 0; count < wordsPerBatch; count += 1) {
      const by = `${session}/stream`
      const word: Write = { session, by, mark: `${by}#${talk.words}`, shows: 'log', outcome: 'unknown' }
      talk.words += 1
      words.push(word)
      writes.push(word)
      ops.push({ op: 'delta', ...place, text: `${word.mark} ` })
    }
    if ((talk.n + 1) % batchesPerMessage !== 0) return batchOf(talk, ops, words, 0)
    talk.messages += 1
    ops.push({ op: 'close', ...place }, { op: 'close-message', message: place.message })
    return batchOf(talk, ops, words, 2)
  }

  function lastOf(talk: Talk): Batch {
    talk.isOver = true
    return batchOf(talk, [{ op: 'end', reason: 'complete' }], [], 0)
  }

  return {
    async finish() {
      isFinishing = true
      for (const talk of talks.values()) pump(talk)
      await Promise.all([...talks.values()].map(({ done }) => done.promise))
    },
    close() {
      isClosed = true
      wire.close()
    },
  }
}

function begin(session: string): Talk {
  const done = Promise.withResolvers<void>()
  return { session, unanswered: [], done, run: '', attempt: 0, n: 0, messages: 0, words: 0, isOver: false }
}

function batchOf(talk: Talk, ops: readonly WriteOp[], words: readonly Write[], after: number): Batch {
  const { session, run, attempt } = talk
  talk.n += 1
  const id = `${session}.${talk.n}`.replaceAll('/', '.')
  const frame: Up = { type: 'command', id, session, body: { type: 'write', run, attempt, n: talk.n, ops } }
  return { id, frame: JSON.stringify(frame), words, after }
}
