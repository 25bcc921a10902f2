import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { isCalm, waitForCalm } from '../lib/calm.ts'
import { describeMachine } from '../lib/machine.ts'
import { withTempDirectory } from '../lib/temp.ts'
import { digits } from '../lib/table.ts'
import { systems } from '../systems/index.ts'
import { runRound, type Round } from './round.ts'
import { ratioTable, summarize, summaryTable, type Summary } from './summary.ts'
import type { Load, System } from './system.ts'

/** Shares of the full load at which a system that falls behind is tried, largest first. */
const shares = [0.75, 0.5, 0.35, 0.25, 0.15, 0.1, 0.07, 0.05, 0.035, 0.025, 0.015, 0.01]

/** What a bench of this form asks for unless the command line says otherwise. */
export interface Defaults {
  readonly sessions: number
  readonly subscribers: number
  /** Events per second and session, or `outstanding`: how many of each session are under way at any time. */
  readonly rate?: number
  readonly outstanding?: number
  readonly sessionsPerConnection?: number
  readonly seconds: number
  /** Names of systems; default: all. */
  readonly systems?: readonly string[]
}

/**
 * Publishes into sessions while readers follow them, ours and its peers in turns, round by round (A B C, A B C, …), each
 * with a server process of its own, loaded by another process; prints medians and ratios.
 */
export async function compare(defaults: Defaults): Promise<void> {
  const { values } = parseArgs({
    options: {
      sessions: { type: 'string', default: String(defaults.sessions) },
      subscribers: { type: 'string', default: String(defaults.subscribers) },
      rate: { type: 'string', default: String(defaults.rate ?? 0) },
      outstanding: { type: 'string', default: String(defaults.outstanding ?? 0) },
      seconds: { type: 'string', default: String(defaults.seconds) },
      'warm-up': { type: 'string', default: '5' },
      rounds: { type: 'string', default: '3' },
      bytes: { type: 'string', default: '150' },
      'sessions-per-connection': { type: 'string', default: String(defaults.sessionsPerConnection ?? 1) },
      systems: { type: 'string', default: (defaults.systems ?? systems.map((system) => system.name)).join(',') },
      retries: { type: 'string', default: '3' },
      'no-lower': { type: 'boolean', default: false },
      json: { type: 'string' },
    },
  })
  const full: Load = {
    sessions: Number(values.sessions),
    subscribers: Number(values.subscribers),
    rate: Number(values.rate),
    outstanding: Number(values.outstanding),
    eventBytes: Number(values.bytes),
    sessionsPerConnection: Number(values['sessions-per-connection']),
  }
  const pressure = full.outstanding > 0 ? `${full.outstanding} events under way` : `${full.rate} events/s`
  const rounds = Number(values.rounds)
  const seconds = Number(values.seconds)
  const warmUpSeconds = Number(values['warm-up'])
  const chosen = values.systems.split(',').map((name) => {
    const system = systems.find((candidate) => candidate.name === name)
    if (!system)
      throw new Error(`There is no system ${name}; there are ${systems.map((each) => each.name).join(', ')}.`)
    return system
  })
  const skipped = chosen.flatMap((system) => {
    const reason = system.missing?.()
    return reason === undefined ? [] : [{ system: system.name, reason }]
  })
  const present = chosen.filter((system) => !skipped.some((skip) => skip.system === system.name))

  await withTempDirectory(async (directory) => {
    const machine = describeMachine(directory)
    console.log(
      `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, 4 KiB fdatasync ${digits(machine.fdatasyncMs)} ms`,
    )
    if (machine.dataInMemory)
      console.log('The data directory is in memory: durable systems look better here than they are.')
    console.log(
      `${full.sessions} sessions × ${full.subscribers} subscribers × ${pressure} of ${full.eventBytes} bytes, ${seconds} s after ${warmUpSeconds} s of warm-up, ${rounds} rounds, medians`,
    )
    for (const { system, reason } of skipped) console.log(`skipped: ${system}, because ${reason}`)
    const take = (load: Load) => (system: System) => runAndTell(system, { load, warmUpSeconds, seconds, directory })

    const all = await takeTurns(present, take(full))
    const atFull = summarizeAll(present, all)
    print(atFull)

    const lower: { load: Load; summaries: readonly Summary[]; rounds: readonly Round[] }[] = []
    const behind = values['no-lower'] ? [] : atFull.filter((summary) => !summary.sustained)
    for (const { system: name } of behind) {
      const system = present.find((candidate) => candidate.name === name)!
      const load = await largestSustained(system, directory)
      if (!load) {
        console.log(`\n${name} keeps up with none of the loads that were tried.`)
        continue
      }
      const pair = [...present.filter((candidate) => candidate === systems[0] && candidate !== system), system]
      const taken = await takeTurns(pair, take(load))
      const summaries = summarizeAll(pair, taken)
      console.log(`\nThe largest load that ${name} keeps up with: ${load.sessions} sessions`)
      print(summaries)
      lower.push({ load, summaries, rounds: taken })
    }
    if (values.json !== undefined) {
      const facts = present.map(({ name, kept, promise, use }) => ({ name, kept, promise, use }))
      const report = {
        at: new Date().toISOString(),
        machine,
        config: { ...full, seconds, warmUpSeconds, rounds },
        facts,
        skipped,
        atFull,
        rounds: all,
        lower,
      }
      await writeFile(values.json, `${JSON.stringify(report, undefined, 2)}\n`)
    }
  })

  /** Every system once, then every system again: what the machine does meanwhile hits all of them alike. */
  async function takeTurns(
    each: readonly System[],
    take: (system: System) => Promise<Round>,
  ): Promise<readonly Round[]> {
    const taken: Round[] = []
    for (let round = 0; round < rounds; round += 1) for (const system of each) taken.push(await take(system))
    return taken
  }

  function summarizeAll(each: readonly System[], taken: readonly Round[]): readonly Summary[] {
    return each.map((system) => {
      const own = taken.filter((round) => round.system === system.name)
      // A round in which something else used the machine tells of that.
      const calm = own.filter((round) => isCalm(round.otherCpuSeconds, round.windowSeconds))
      return summarize(calm.length > 0 ? calm : own)
    })
  }

  function print(summaries: readonly Summary[]): void {
    console.log(`\n${summaryTable(summaries)}`)
    const [ours, ...others] = summaries
    if (ours && others.length > 0 && ours.system === systems[0]?.name) console.log(`\n${ratioTable(ours, others)}`)
  }

  async function largestSustained(system: System, directory: string): Promise<Load | undefined> {
    for (const share of shares) {
      const load = { ...full, sessions: Math.max(1, Math.round(full.sessions * share)) }
      // A short try is enough to see a queue grow; the rounds that follow are the measurement.
      const tried = await runAndTell(system, { load, warmUpSeconds: 2, seconds: Math.min(seconds, 8), directory })
      if (tried.sustained) return load
    }
    return undefined
  }

  /** A round in which something else used the machine is taken again, a few times. */
  async function runAndTell(system: System, options: Parameters<typeof runRound>[1]): Promise<Round> {
    for (let left = Number(values.retries); ; left -= 1) {
      if (left > 0) await waitForCalm(60)
      const round = await runOnce(system, options)
      if (left <= 0 || isCalm(round.otherCpuSeconds, round.windowSeconds)) return round
      console.error('    something else used the machine: again')
    }
  }

  async function runOnce(system: System, options: Parameters<typeof runRound>[1]): Promise<Round> {
    const round = await runRound(system, options)
    const noise = `load process ${digits(round.loadCpuSeconds)} s, late ${digits(round.lateMs)} ms, others ${digits(round.otherCpuSeconds)} s`
    console.error(
      `  ${system.name} × ${options.load.sessions}: p50 ${digits(round.p50)} p99 ${digits(round.p99)} max ${digits(round.max)} ms, CPU ${digits(round.serverCpuSeconds)} s (${noise})${round.sustained ? '' : ', falls behind'}`,
    )
    return round
  }
}
