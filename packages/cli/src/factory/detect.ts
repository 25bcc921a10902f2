import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { SessionEvent } from '@headrace/core'
import {
  ExportSteps,
  FactoryError,
  createRuleSet,
  evaluate,
  falseAlarmsAt,
  fitCuts,
  judgeRun,
  parseTrajectory,
  type AgentEvaluation,
  type JudgedRun,
  type RuleSetName,
  type Trajectory,
} from '@headrace/factory'
import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'
import { counted } from '../terminal/counted.ts'
import { processOutput, type Output } from '../terminal/console.ts'
import { boundedLines } from './bounded-lines.ts'
import { evaluationTables, type RuleEvaluation } from './detect-tables.ts'

export interface DetectOptions {
  readonly trajectories: string
  readonly rules: readonly RuleSetName[]
  readonly labels?: boolean
  readonly failures?: boolean
  readonly json?: boolean
  readonly seed: number
}

const maxLineBytes = 64 * 1024 * 1024
/** Lines that can't be read are told of one by one up to here, and counted after. */
const maxFaults = 20

/** Judges runs step by step, and, where they have labels, how well they are judged. */
export async function detect(options: DetectOptions, output: Output = processOutput): Promise<void> {
  const { trajectories: file, rules, labels = false, json = false } = options
  const judged = new Map<RuleSetName, JudgedRun[]>(rules.map((name) => [name, []]))
  let faults = 0
  let count = 0
  let told = 0
  const onFault = (line: number, fault: string): void => {
    faults++
    if (json) output.out(JSON.stringify({ malformed: { line, fault } }))
    else if (faults <= maxFaults) output.err(`${file}, line ${line}: ${fault} It is left out.`)
  }
  for await (const trajectory of trajectoriesOf(file, onFault)) {
    count++
    for (const [name, runs] of judged) {
      const run = judgeRun(trajectory, createRuleSet(name))
      if (!labels || options.failures === true) told += tell(name, run, trajectory, options, output)
      // What is said of each step has been told, and can be much.
      runs.push({ ...run, verdicts: [] })
    }
  }
  if (!json && faults > maxFaults) output.err(`${file}: ${faults} lines in all could not be read.`)
  if (count === 0) throw new Problem(exitCode.usage, `${file} has no run that could be read.`)
  if (!labels) {
    if (told === 0 && !json) output.err(`No step of ${counted(count, 'run')} goes in circles.`)
    return
  }
  const evaluations = [...judged].map(([name, runs]) => evaluated(name, runs, judged.get('ours'), options.seed))
  if (!evaluations.some(({ agents }) => agents.some(({ metrics }) => metrics.steps > 0))) {
    throw new Problem(exitCode.usage, `${file} has no labels: leave out --labels to judge its runs.`)
  }
  if (json) output.out(JSON.stringify({ evaluation: { runs: count, malformed: faults, rules: evaluations } }))
  else for (const line of evaluationTables(evaluations, count)) output.out(line)
}

function evaluated(
  rules: RuleSetName,
  runs: readonly JudgedRun[],
  ours: readonly JudgedRun[] | undefined,
  seed: number,
): RuleEvaluation {
  const agents = evaluate(runs, { seed, ...(rules === 'ours' && { cuts: fitCuts(runs, 0.5) }) })
  const atSameRecall = (agent: AgentEvaluation): number | undefined => {
    const { recall = 0 } = agent.metrics
    if (!ours || recall === 0) return undefined
    return falseAlarmsAt(
      ours.filter((run) => run.agent === agent.agent).flatMap((run) => run.judged),
      recall,
    )
  }
  return {
    rules,
    agents: agents.map((agent) => {
      const alarms = atSameRecall(agent)
      return { ...agent, ...(alarms !== undefined && { oursAtSameRecall: alarms }) }
    }),
  }
}

/** Tells the flagged steps of a run with what speaks against them; with labels those that were judged wrongly. Says how many. */
function tell(
  rules: RuleSetName,
  run: JudgedRun,
  trajectory: Trajectory,
  options: DetectOptions,
  output: Output,
): number {
  let told = 0
  const rungs = new Map(run.rungs.map(({ step, rung }) => [step, rung]))
  for (const verdict of run.verdicts) {
    const { step, score, flagged, waiting, findings } = verdict
    const label = trajectory.steps[step]?.label
    const rung = rungs.get(step)
    const isWrong = label !== undefined && flagged !== (label === 'Repetition')
    if (options.labels === true ? !isWrong : !flagged && rung === undefined) continue
    told++
    if (options.json === true) {
      const told = { rules, agent: run.agent, run: run.run, step, score, flagged, waiting, findings }
      output.out(JSON.stringify({ verdict: { ...told, ...(label && { label }), ...(rung && { rung }) } }))
      continue
    }
    const why = findings[0]?.evidence ?? 'nothing speaks against it'
    const what = label === undefined ? '' : flagged ? ` flagged, and a person says ${label}:` : ' missed:'
    output.out(`${rules} ${run.agent}/${run.run} step ${step}:${what} ${why}${rung ? ` [${rung}]` : ''}`)
  }
  return told
}

async function* trajectoriesOf(
  file: string,
  onFault: (line: number, fault: string) => void,
): AsyncGenerator<Trajectory, void, undefined> {
  let session: ExportSteps | undefined
  for await (const line of linesOf(file)) {
    if ('tooLong' in line) {
      onFault(line.number, `It has ${line.tooLong} bytes, and at most ${maxLineBytes} are read.`)
      continue
    }
    if (line.number === 1 && line.text.startsWith('{"export":"headrace"')) {
      session = new ExportSteps()
      continue
    }
    try {
      if (session) readEvent(session, line.text)
      else yield parseTrajectory(line.text)
    } catch (thrown) {
      onFault(line.number, thrown instanceof FactoryError ? thrown.message : 'This is no line of an export.')
    }
  }
  if (session) yield* session.runs()
}

/** Whether an export is whole and unchanged is for `headrace verify` to say. */
function readEvent(session: ExportSteps, text: string): void {
  const value = JSON.parse(text) as Partial<SessionEvent> // each field that is used is there, or it throws
  if (typeof value.seq === 'number' && value.data !== undefined) session.read(value as SessionEvent)
}

async function* linesOf(file: string): ReturnType<typeof boundedLines> {
  const bytes = file === '-' ? process.stdin : createReadStream(file)
  const input = file.endsWith('.gz') ? pipeline(bytes, createGunzip(), () => undefined) : bytes
  try {
    yield* boundedLines(input, maxLineBytes)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Problem(exitCode.usage, `${file} can't be read: ${why}`, { cause })
  } finally {
    bytes.destroy()
  }
}
