import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { seeded } from '@headrace/testing'
import type { FaultKind, FaultName } from './fault-kind.ts'
import { judge } from './judge.ts'
import { emptyJournals, type Journals } from './journals.ts'
import { Stuck } from './lib/progress.ts'
import type { MutantName } from './mutants/mutant-name.ts'
import type { CampaignReport, KindReport } from './report.ts'
import { addVerdicts, emptyVerdict, failureOf, type Verdict } from './verdict.ts'

export interface CampaignOptions {
  readonly kinds: readonly FaultKind[]
  readonly seed: number
  /** Faults of each kind; with `minutes` as many as fit. */
  readonly goals: Readonly<Partial<Record<FaultName, number>>>
  /** How long the whole campaign goes on. Default: until the goals are reached. */
  readonly minutes?: number
  /** Kinds at work at the same time. */
  readonly atOnce: number
  readonly patienceMs: number
  readonly mutant?: MutantName
  /** Where data is kept meanwhile. */
  readonly directory: string
  readonly machine: object
  readonly say: (line: string) => void
}

interface Lane {
  readonly kind: FaultKind
  rounds: number
  busyMs: number
  verdict: Verdict
  notes: Record<string, number>
}

/** Lets every kind of fault have its rounds, judges each, and adds it all up. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignReport> {
  const { kinds, seed, goals, minutes, atOnce, say } = options
  const deadline = minutes === undefined ? Infinity : performance.now() + minutes * 60_000
  const isOver = (): boolean => performance.now() >= deadline
  const skipped: { kind: FaultName; reason: string }[] = []
  const lanes: Lane[] = []
  for (const kind of kinds) {
    const reason = await kind.missing()
    if (reason === undefined) lanes.push({ kind, rounds: 0, busyMs: 0, verdict: emptyVerdict, notes: {} })
    else skipped.push({ kind: kind.name, reason })
  }

  const isDone = (lane: Lane): boolean =>
    minutes === undefined
      ? lane.verdict.faults >= (goals[lane.kind.name] ?? lane.kind.short) ||
        (failureOf(lane.verdict) !== undefined && lane.rounds > 0)
      : lane.rounds > 0 && isOver()
  const waiting = [...lanes]
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      // Whoever had the least of it is next, so that all kinds get the same time.
      for (let lane = next(waiting); lane; lane = next(waiting)) {
        if (isDone(lane)) continue
        await takeRound(lane, options, isOver)
        say(`${lane.kind.name}: ${lane.verdict.faults} faults, ${failureOf(lane.verdict) ?? 'no violation'}`)
        waiting.push(lane)
      }
    }),
  )

  const reports = lanes.map((lane): KindReport => {
    const failure = failureOf(lane.verdict)
    return {
      kind: lane.kind.name,
      rounds: lane.rounds,
      seconds: Math.round(lane.busyMs / 1_000),
      verdict: lane.verdict,
      notes: lane.notes,
      ...(failure !== undefined && { failure }),
    }
  })
  return {
    at: new Date().toISOString(),
    seed,
    config: {
      goals: Object.fromEntries(lanes.map(({ kind }) => [kind.name, goals[kind.name] ?? kind.short])),
      atOnce,
      ...(minutes !== undefined && { minutes }),
      ...(options.mutant && { mutant: options.mutant }),
    },
    machine: options.machine,
    kinds: reports,
    skipped,
    total: lanes.reduce((sum, { verdict }) => addVerdicts(sum, verdict), emptyVerdict),
    ok: reports.length > 0 && reports.every(({ failure }) => failure === undefined),
  }
}

function next(waiting: Lane[]): Lane | undefined {
  waiting.sort((a, b) => a.busyMs - b.busyMs)
  return waiting.shift()
}

async function takeRound(lane: Lane, options: CampaignOptions, isOver: () => boolean): Promise<void> {
  const { kind } = lane
  const goal = options.goals[kind.name] ?? kind.short
  const left = options.minutes === undefined ? goal - lane.verdict.faults : kind.perRound
  const name = `${kind.name}-${lane.rounds}`
  const directory = path.join(options.directory, name)
  await mkdir(directory)
  const began = performance.now()
  try {
    const { journals, notes } = await kind.run({
      faults: Math.min(kind.perRound, left),
      isOver,
      // Every round has numbers of its own, whatever the other kinds do meanwhile.
      random: seeded(options.seed + lane.rounds * 7_919 + kind.name.length * 104_729 + kind.name.charCodeAt(0)),
      directory,
      name,
      patienceMs: options.patienceMs,
      ...(options.mutant && { mutant: options.mutant }),
    })
    for (const each of journals) lane.verdict = addVerdicts(lane.verdict, judge(each))
    for (const [what, count] of Object.entries(notes)) lane.notes[what] = (lane.notes[what] ?? 0) + count
  } catch (thrown) {
    if (!(thrown instanceof Stuck)) throw thrown
    const stuck: Journals = { ...emptyJournals, stuck: [`${name}: ${thrown.message}`] }
    lane.verdict = addVerdicts(lane.verdict, judge(stuck))
  } finally {
    lane.rounds += 1
    lane.busyMs += performance.now() - began
    await rm(directory, { recursive: true, force: true, maxRetries: 5 })
  }
}
