import type { AgentJournal, Journals, LogCopy, Logged, ReaderJournal, Write } from './journals.ts'
import { maxFindings, type Verdict } from './verdict.ts'

type Violation = 'lost' | 'duplicated' | 'reordered' | 'phantom' | 'stuck'
type Report = (violation: Violation, text: string) => void

/**
 * What the journals of all clients say together. Pure: the same journals give the same verdict.
 *
 * - `lost`: acknowledged, and not in the log (or never told the agent it was for); in the log, and never given to a reader
 *   that followed so far; a gap in a log or in what a reader was given; a run taken from an agent that lived.
 * - `duplicated`: twice in the log, twice told to agents, or twice given to one reader.
 * - `reordered`: behind something that its sender sent later, at another seq than the answer said, or with an earlier time
 *   than what stands before it.
 * - `phantom`: given to a reader, and not so in the log; in the log or told, and refused or never written.
 * - `stuck`: waited for, and never came.
 */
export function judge(journals: Journals): Verdict {
  const counts = { lost: 0, duplicated: 0, reordered: 0, phantom: 0, stuck: 0 }
  const findings: string[] = []
  // Where there was one fault, that was it.
  const [only, second] = journals.faults
  const cause = only && !second ? `, after ${only.kind}` : ''
  const report: Report = (violation, text) => {
    counts[violation] += 1
    if (findings.length < maxFindings) findings.push(`${violation}: ${text}${cause}`)
  }

  for (const text of journals.stuck) report('stuck', text)
  for (const text of journals.takenRuns) report('lost', text)
  const writesOf = groupBy(journals.writes, (write) => write.session)
  const logs = new Map(journals.logs.map((log) => [log.session, log]))
  for (const log of logs.values())
    if ('events' in log) judgeLog(log.session, log.events, writesOf.get(log.session) ?? [], report)
  for (const [session, writes] of writesOf)
    if (!logs.has(session) && writes.some(({ outcome }) => outcome === 'acked'))
      report('lost', `session ${session} was acknowledged, and nobody has read it afterwards`)
  for (const reader of journals.readers) judgeReader(reader, logs.get(reader.session), report)
  judgeAgents(journals.agents, journals.writes, report)

  return {
    faults: journals.faults.length,
    acked: journals.writes.filter(({ outcome }) => outcome === 'acked').length,
    delivered: journals.readers.reduce((sum, { seen }) => sum + seen.length, 0),
    ...counts,
    refused: journals.logs.filter((log) => 'refused' in log).length,
    worstRecoveryMs: Math.max(0, ...journals.faults.map(({ recoveryMs = 0 }) => Math.round(recoveryMs))),
    findings,
  }
}

function judgeLog(session: string, events: readonly Logged[], writes: readonly Write[], report: Report): void {
  let last = 0
  let at = 0
  const places = new Map<string, { readonly seq: number; readonly place: number }>()
  let place = 0
  for (const event of events) {
    if (event.seq > last + 1) report('lost', `${session} has nothing between ${last} and ${event.seq}`)
    if (event.seq <= last) report('reordered', `${session} has ${event.seq} after ${last}`)
    if (event.at < at) report('reordered', `${session} has an earlier time at ${event.seq} than before it`)
    last = Math.max(last, event.seq)
    at = Math.max(at, event.at)
    for (const mark of event.marks) {
      place += 1
      const before = places.get(mark)
      if (before) report('duplicated', `${mark} is in the log at ${before.seq} and at ${event.seq}`)
      else places.set(mark, { seq: event.seq, place })
    }
  }

  const written = new Set<string>()
  const newest = new Map<string, number>()
  for (const write of writes) {
    if (write.shows === 'agent') continue
    written.add(write.mark)
    const found = places.get(write.mark)
    if (!found) {
      if (write.outcome === 'acked')
        report('lost', `${write.mark} was acknowledged${atSeq(write)}, and is not in the log`)
      continue
    }
    if (write.outcome === 'refused')
      report('phantom', `${write.mark} was refused (${write.code ?? 'no code'}), and is in the log at ${found.seq}`)
    if (write.outcome === 'acked' && write.seq !== undefined && write.seq !== found.seq)
      report('reordered', `${write.mark} was acknowledged${atSeq(write)}, and is at ${found.seq}`)
    const before = newest.get(write.by) ?? 0
    if (found.place < before) report('reordered', `${write.mark} is before what ${write.by} sent earlier`)
    newest.set(write.by, Math.max(before, found.place))
  }
  for (const mark of places.keys())
    if (!written.has(mark)) report('phantom', `${mark} is in the log of ${session}, and nobody wrote it there`)
}

function judgeReader(journal: ReaderJournal, log: LogCopy | undefined, report: Report): void {
  const { reader, session, seen } = journal
  const who = `${reader} of ${session}`
  const events = log && 'events' in log ? log.events : undefined
  let last = 0
  for (const { seq, print } of seen) {
    if (seq <= last) report('duplicated', `${who} was given ${seq} again after ${last}`)
    if (seq > last + 1) report('lost', `${who} was given ${seq} after ${last}`)
    last = Math.max(last, seq)
    const there = events?.[seq - 1]
    if (events && there?.print !== print)
      report('phantom', `${who} was given ${seq}, and the log has ${there ? 'something else' : 'nothing'} there`)
  }
  const { upTo = 0 } = journal
  if (last < upTo) report('lost', `${who} was given nothing after ${last}, and the log went to ${upTo}`)
}

function judgeAgents(agents: readonly AgentJournal[], writes: readonly Write[], report: Report): void {
  const places = new Map<string, number>()
  let place = 0
  for (const { agent, told } of agents)
    for (const mark of told) {
      place += 1
      if (places.has(mark)) report('duplicated', `${agent} was told ${mark} twice`)
      else places.set(mark, place)
    }
  const commands = new Set<string>()
  const newest = new Map<string, number>()
  for (const write of writes) {
    if (write.shows === 'log') continue
    commands.add(write.mark)
    const found = places.get(write.mark)
    if (found === undefined) {
      if (write.outcome === 'acked') report('lost', `${write.mark} was acknowledged, and no agent was told`)
      continue
    }
    if (write.outcome === 'refused') report('phantom', `${write.mark} was refused, and an agent was told`)
    const before = newest.get(write.by) ?? 0
    if (found < before) report('reordered', `an agent was told ${write.mark} before what ${write.by} sent earlier`)
    newest.set(write.by, Math.max(before, found))
  }
  for (const mark of places.keys())
    if (!commands.has(mark)) report('phantom', `an agent was told ${mark}, and nobody said it`)
}

function atSeq({ seq }: Write): string {
  return seq === undefined ? '' : ` at ${seq}`
}

function groupBy<T>(all: readonly T[], keyOf: (each: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const each of all) {
    const group = groups.get(keyOf(each))
    if (group) group.push(each)
    else groups.set(keyOf(each), [each])
  }
  return groups
}
