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
  /** The long form: more of each kind, under more load, and a violation is no reason to end. */
  readonly isLong: boolean
  /** Faults of each kind. Default: those of the form. */
  readonly goals: Readonly<Partial<Record<FaultName, number>>>
  /** How long the whole campaign goes on, at most in the long form. Default: until the goals are reached. */
  readonly minutes?: number
  /** Ends it early: what has begun is brought to its end and judged. */
  readonly signal: AbortSignal
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
  /** What the campaign itself broke on. */
  error?: string
}

/** Lets every kind of fault have its rounds, judges each, and adds it all up. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignReport> {
  const { kinds, seed, isLong, minutes, signal, atOnce, say } = options
  const deadline = minutes === undefined ? Infinity : performance.now() + minutes * 60_000
  const isOver = (): boolean => signal.aborted || performance.now() >= deadline
  const hasGoal = minutes === undefined || isLong
  const skipped: { kind: FaultName; reason: string }[] = []
  const lanes: Lane[] = []
  for (const kind of kinds) {
    const reason = await kind.missing()
    if (reason === undefined) lanes.push({ kind, rounds: 0, busyMs: 0, verdict: emptyVerdict, notes: {} })
    else skipped.push({ kind: kind.name, reason })
  }

  const isDone = (lane: Lane): boolean => {
    if (signal.aborted || lane.error !== undefined) return true
    if (lane.rounds === 0) return false
    if (isOver()) return true
    return hasGoal && (leftOf(lane, options) <= 0 || (!isLong && failureOf(lane.verdict) !== undefined))
  }
  const waiting = [...lanes]
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      // Whoever had the least of it is next, so that all kinds get the same time.
      for (let lane = next(waiting); lane; lane = next(waiting)) {
        if (isDone(lane)) continue
        await takeRound(lane, options, hasGoal, isOver)
        say(progressOf(lane, options) + (hasGoal ? timeLeft(lanes, options) : ''))
        waiting.push(lane)
      }
    }),
  )

  const isShort = signal.aborted || (hasGoal && isOver() && lanes.some((lane) => leftOf(lane, options) > 0))
  const isTried = ({ rounds }: Lane): boolean => rounds > 0 || !isShort
  for (const { kind } of lanes.filter((lane) => !isTried(lane)))
    skipped.push({ kind: kind.name, reason: 'the campaign was ended before its first round' })
  const reports = lanes.filter(isTried).map((lane): KindReport => {
    const failure = lane.error ?? failureOf(lane.verdict)
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
      goals: Object.fromEntries(lanes.map(({ kind }) => [kind.name, goalOf(kind, options)])),
      form: isLong ? 'long' : 'short',
      atOnce,
      ...(minutes !== undefined && { minutes }),
      ...(options.mutant && { mutant: options.mutant }),
    },
    ...(isShort && { cutShort: true }),
    machine: options.machine,
    kinds: reports,
    skipped,
    total: lanes.reduce((sum, { verdict }) => addVerdicts(sum, verdict), emptyVerdict),
    ok: reports.length > 0 && reports.every(({ failure }) => failure === undefined),
  }
}

function goalOf({ name, short, long }: FaultKind, { goals, isLong }: CampaignOptions): number {
  return goals[name] ?? (isLong ? long.faults : short)
}

function leftOf({ kind, verdict }: Lane, options: CampaignOptions): number {
  return goalOf(kind, options) - verdict.faults
}

function progressOf({ kind, verdict, error }: Lane, options: CampaignOptions): string {
  const [faults, goal, acked] = [verdict.faults, goalOf(kind, options), verdict.acked].map((n) =>
    n.toLocaleString('en'),
  )
  return `${kind.name}: ${faults} of ${goal} faults, ${acked} acked, ${error ?? failureOf(verdict) ?? 'no violation'}`
}

/** As long as it took so far for each, with so many at once, or as long as the slowest needs alone. */
function timeLeft(lanes: readonly Lane[], options: CampaignOptions): string {
  const begun = lanes.filter(({ verdict }) => verdict.faults > 0)
  if (begun.length < lanes.length) return ''
  const left = begun.map((lane) => (lane.busyMs / lane.verdict.faults) * Math.max(0, leftOf(lane, options)))
  const shared = left.reduce((sum, ms) => sum + ms, 0) / options.atOnce
  return `; about ${Math.ceil(Math.max(shared, ...left) / 60_000)} min left`
}

function next(waiting: Lane[]): Lane | undefined {
  waiting.sort((a, b) => a.busyMs - b.busyMs)
  return waiting.shift()
}

async function takeRound(lane: Lane, options: CampaignOptions, hasGoal: boolean, isOver: () => boolean): Promise<void> {
  const { kind } = lane
  const perRound = (options.isLong ? kind.long.perRound : undefined) ?? kind.perRound
  const name = `${kind.name}-${lane.rounds}`
  const directory = path.join(options.directory, name)
  await mkdir(directory)
  const began = performance.now()
  try {
    const { journals, notes } = await kind.run({
      faults: hasGoal ? Math.min(perRound, leftOf(lane, options)) : perRound,
      isOver,
      isLong: options.isLong,
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
    if (!(thrown instanceof Stuck)) {
      // What the other kinds have shown, and this one so far, is not to be lost for it.
      const text = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
      lane.error = `${name} broke the campaign itself: ${text}`
      return
    }
    const stuck: Journals = { ...emptyJournals, stuck: [`${name}: ${thrown.message}`] }
    lane.verdict = addVerdicts(lane.verdict, judge(stuck))
  } finally {
    lane.rounds += 1
    lane.busyMs += performance.now() - began
    await rm(directory, { recursive: true, force: true, maxRetries: 5 })
  }
}
