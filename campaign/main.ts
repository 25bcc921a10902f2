/**
 * npm run campaign -- [--faults kill,power,…] [--short | --long] [--minutes N] [--json] [--seed N] [--report FILE]
 *   [--goal kill=2000,…] [--at-once N] [--mutant NAME]; a report is written as JSON, and beside it as a page (.md)
 *
 * Breaks real servers in every way that it knows, and counts from what clients wrote down what was lost. Without
 * `--long` and `--minutes` it does the short form: docs/reliability.md. Ends with 1 when anything was lost, doubled, reordered or made
 * up, when something hung, or when nothing was tried. `--long` does many times more under more load, and `--minutes` bounds
 * it then. Told to end (SIGINT, SIGTERM) it finishes its rounds, and reports what they have shown.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { describeMachine } from '../bench/lib/machine.ts'
import { faultNames, type FaultName } from './fault-kind.ts'
import { faultKinds } from './faults/index.ts'
import { serverPrograms } from './lib/server-process.ts'
import { mutantNames, type MutantName } from './mutants/mutant-name.ts'
import { reportPage } from './report-page.ts'
import { reportTable } from './report.ts'
import { runCampaign } from './run-campaign.ts'

const ending = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    if (ending.signal.aborted) process.exit(1)
    process.stderr.write('Ends with the rounds that have begun; once more ends it now, without a report.\n')
    ending.abort()
  })

const { values } = parseArgs({
  options: {
    faults: { type: 'string', default: faultNames.join(',') },
    short: { type: 'boolean', default: false },
    long: { type: 'boolean', default: false },
    minutes: { type: 'string' },
    seed: { type: 'string' },
    goal: { type: 'string', default: '' },
    'at-once': { type: 'string', default: '3' },
    patience: { type: 'string', default: '60' },
    directory: { type: 'string' },
    json: { type: 'boolean', default: false },
    report: { type: 'string' },
    mutant: { type: 'string' },
  },
})

function one<T extends string>(text: string, of: readonly T[], what: string): T {
  const found = of.find((each) => each === text)
  if (found === undefined) throw new Error(`There is no ${what} ${text}; there are ${of.join(', ')}.`)
  return found
}

function whole(text: string, option: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${option} must be a whole number of 0 or more.`)
  return value
}

function goalsOf(text: string): Partial<Record<FaultName, number>> {
  const pairs = text.split(',').filter((pair) => pair !== '')
  return Object.fromEntries(
    pairs.map((pair) => {
      const [name = '', count = ''] = pair.split('=')
      return [one(name, faultNames, 'fault'), whole(count, 'goal')]
    }),
  )
}

/** In memory where there is such a directory: a killed process loses nothing of it, and a power cut has a disk of its own. */
const parent = values.directory ?? (existsSync('/dev/shm') ? '/dev/shm' : tmpdir())
if (values.long && values.short) throw new Error('Either --short or --long.')
const directory = await mkdtemp(path.join(parent, 'headrace-campaign-'))
try {
  if (values.long && process.env['HEADRACE_PROGRAMS'] === undefined) {
    const { bundlePrograms } = await import('./lib/bundle-programs.ts')
    process.env['HEADRACE_PROGRAMS'] = await bundlePrograms('campaign-programs', serverPrograms)
  }
  const mutant: MutantName | undefined =
    values.mutant === undefined ? undefined : one(values.mutant, mutantNames, 'mutant')
  const chosen = values.faults.split(',').map((name) => one(name, faultNames, 'fault'))
  const report = await runCampaign({
    kinds: chosen.map((name) => faultKinds[name]),
    seed: whole(values.seed ?? String(Date.now() % 1_000_000), 'seed'),
    isLong: values.long,
    goals: goalsOf(values.goal),
    ...(values.minutes !== undefined && { minutes: Number(values.minutes) }),
    signal: ending.signal,
    atOnce: whole(values['at-once'], 'at-once'),
    patienceMs: whole(values.patience, 'patience') * 1_000,
    ...(mutant && { mutant }),
    directory,
    machine: { ...describeMachine(directory), loadAtStart: loadavg()[0] },
    say: (line) => process.stderr.write(`${line}\n`),
  })
  const text = JSON.stringify(report, undefined, 2)
  if (values.report !== undefined) {
    await writeFile(values.report, `${text}\n`)
    await writeFile(`${values.report.replace(/\.json$/, '')}.md`, reportPage(report))
  }
  process.exitCode = report.ok ? 0 : 1
  await new Promise((written) => process.stdout.write(`${values.json ? text : reportTable(report)}\n`, written))
} finally {
  await rm(directory, { recursive: true, force: true })
}
// Connections whose other end is gone without a word would keep it for as long as TCP hopes.
process.exit()
