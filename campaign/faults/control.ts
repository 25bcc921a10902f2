import { connect, type Session } from '@headrace/client'
import { createWorker, type AgentRun } from '@headrace/client/agent'
import { HeadraceError, textOf, type Message } from '@headrace/core'
import type { FaultKind } from '../fault-kind.ts'
import type { AgentJournal, Fault, LogCopy, Write } from '../journals.ts'
import { startBehindProxy } from '../lib/behind-proxy.ts'
import { stopMark, marksIn } from '../lib/marks.ts'
import { createProgress, within } from '../lib/progress.ts'
import { between } from '../lib/random.ts'
import { readLog } from '../lib/read-log.ts'

const sessions = 25
/** Of one run: then it is stopped, and the next one is asked for. */
const steersPerRun = 6
const answersPerRun = 3
/** Commands between two kills of the server. */
const commandsPerKill = 130
const backoff = { minMs: 5, maxMs: 150 }
/** Longer than anybody waits: a run that was claimed at the moment of a kill must reach its agent without that (R2b). */
const leaseMs = 600_000

/**
 * Steers, answers and stops of agents at work, while the server is killed and the network breaks: what was acknowledged
 * is in effect at the agent once, in the order in which it was said. A fault is a command that was given meanwhile.
 */
export const control: FaultKind = {
  name: 'control',
  perRound: 2_000,
  short: 2_000,
  long: { faults: 20_000 },
  missing: async () => undefined,
  async run(options) {
    const { faults: times, isOver: isLate, random, name, patienceMs } = options
    await using behind = await startBehindProxy(options)
    const { server, proxy, through } = behind
    const writes: Write[] = []
    const faults: Fault[] = []
    const agents = new Map<string, AgentJournal>()
    const stuck: string[] = []
    const takenRuns: string[] = []
    const begun = new Set<string>()
    const commands = createProgress('commands')
    const told = createProgress('commands at agents')
    const peer = {
      url: through,
      token: () => server.token,
      backoff,
      random,
      onError: () => undefined,
    }
    const person = connect(peer)
    const worker = createWorker({ ...peer, agent: 'assistant', capacity: sessions * 2, leaseMs, handler: work })
    const ids = Array.from({ length: sessions }, (_, index) => `${name}/${index}`)
    let kills = 0
    let isOver = false
    try {
      for (const id of ids) await person.session(id).create()
      proxy.resetAfter(() => between(random, 2_000, 2_000 + 300_000 * random()))
      const commanding = Promise.all(ids.map((id) => command(person.session(id))))
      await Promise.all([killNowAndThen(), commanding.finally(() => (isOver = true))])
      proxy.resetAfter(undefined)
      proxy.reset()
      const logs: LogCopy[] = []
      for (const id of ids) logs.push(await readLog(server, id, patienceMs))
      const journals = { faults, writes, readers: [], logs, agents: [...agents.values()], stuck, takenRuns }
      return { journals: [journals], notes: { kills, stops: writes.filter(({ by }) => by.endsWith('stop')).length } }
    } finally {
      isOver = true
      await worker.close({ graceMs: 0 })
      await person.close()
    }

    async function killNowAndThen(): Promise<void> {
      for (;;) {
        const goal = commands.count + between(random, 1, 2 * commandsPerKill)
        while (commands.count < goal && !isOver)
          await commands.reach(commands.count + 1, patienceMs).catch(() => undefined)
        if (isOver) return
        const began = performance.now()
        await server.kill()
        await server.start()
        kills += 1
        await commands.reach(commands.count + 1, patienceMs).catch(() => undefined)
        faults.push({ kind: 'kill', recoveryMs: performance.now() - began })
      }
    }

    /** Runs of one session, one after the other, until there were commands enough. */
    async function command(session: Session): Promise<void> {
      try {
        for (let run = 0; commands.count < times && !isLate(); run += 1) await commandRun(session, run)
      } catch (thrown) {
        stuck.push(`${session.id}: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
        // Nobody waits for more than can come.
        commands.add(times)
      }
    }

    async function commandRun(session: Session, number: number): Promise<void> {
      const mark = (what: string, count: number): string => `${session.id}/${what}#${number * 100 + count}`
      await within(
        session.send(`Begin ${write(session.id, 'send', mark('send', 1), 'log').mark}`),
        patienceMs,
        'the answer to a send',
      )
      const id = await within(runOf(session), patienceMs, `a run of ${session.id}`)
      const steering = (async () => {
        for (let count = 0; count < steersPerRun; count += 1) {
          const said = write(session.id, 'steer', mark('steer', count), 'both')
          await give(said, session.steer(id, said.mark))
        }
      })()
      const answering = (async () => {
        for (let count = 0; count < answersPerRun; count += 1) {
          const request = await within(requestOf(session, id, `q${count}`), patienceMs, `question ${count} of ${id}`)
          const said = write(session.id, 'answer', mark('answer', count), 'both')
          await give(said, session.answer(request, { value: said.mark }))
        }
      })()
      await Promise.all([steering, answering])
      const before = agents.get(session.id)?.told.length ?? 0
      const expected = (number + 1) * (steersPerRun + answersPerRun) + number
      while (before < expected && (agents.get(session.id)?.told.length ?? 0) < expected)
        await told.reach(told.count + 1, patienceMs)
      const stop = write(session.id, 'stop', stopMark(session.id, id), 'both')
      await give(stop, session.cancel({ run: id }))
      await within(
        session.until(({ view }) => view.runs.some((run) => run.id === id && run.status === 'ended')),
        patienceMs,
        `the end of ${id}`,
      )
    }

    function write(session: string, by: string, mark: string, shows: Write['shows']): Write {
      const made: Write = { session, by: `${session}/${by}`, mark, shows, outcome: 'unknown' }
      writes.push(made)
      return made
    }

    async function give(said: Write, answer: Promise<unknown>): Promise<void> {
      try {
        await within(answer, patienceMs, `the answer to ${said.mark}`)
        said.outcome = 'acked'
      } catch (thrown) {
        if (!(thrown instanceof HeadraceError)) throw thrown
        said.outcome = thrown.code === 'closed' ? 'unknown' : 'refused'
      }
      faults.push({ kind: 'command' })
      commands.add()
    }

    /** The agent: takes what it is told into account as it comes, asks its questions, and goes on until it is stopped. */
    async function work(run: AgentRun): Promise<void> {
      const journal = agents.get(run.session) ?? { agent: `agent of ${run.session}`, session: run.session, told: [] }
      agents.set(run.session, journal)
      if (begun.has(`${run.session}/${run.id}`))
        takenRuns.push(`${run.id} of ${run.session} had begun, and was given to attempt ${run.attempt}`)
      begun.add(`${run.session}/${run.id}`)
      const tell = (marks: readonly string[]): void => {
        journal.told.push(...marks)
        told.add(marks.length)
      }
      const take = (message: Message): void => {
        tell(marksIn(textOf(message)))
        run.consume(message)
      }
      for (const steer of run.pendingSteers) take(steer)
      run.onSteer(take)
      const stopped = new Promise<void>((resolve) => run.signal.addEventListener('abort', () => resolve()))
      for (let count = 0; count < answersPerRun; count += 1) {
        const answer = await run.ask(`Question ${count}?`, { type: 'string' }, { key: `q${count}` })
        tell(marksIn(JSON.stringify(answer)))
      }
      await stopped
      if (run.stopped === 'cancel') tell([stopMark(run.session, run.id)])
    }
  },
}

/** The run that is at work. */
async function runOf(session: Session): Promise<string> {
  const { view } = await session.until(({ view: { runs } }) => runs.some(({ status }) => status === 'active'))
  return view.runs.find(({ status }) => status === 'active')?.id ?? ''
}

async function requestOf(session: Session, run: string, key: string): Promise<string> {
  const id = `${run}.${key}`
  await session.until(({ view: { requests } }) => requests.some((request) => request.id === id))
  return id
}
