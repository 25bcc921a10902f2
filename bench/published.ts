/**
 * npm run bench -- published [--folder docs/performance] [--only tokens,storm] [--draw]
 *
 * Runs every comparison that docs/performance.md shows, one after the other with nothing beside it, keeps what each found as
 * JSON in the folder, and draws the pictures from that. `--draw` only draws. It takes about half an hour.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { bars, type BarChart } from './lib/bars.ts'
import { digits } from './lib/table.ts'
import type { Summary } from './tokens/summary.ts'

/** What a bench that is not about streams found for one system. */
interface Found {
  readonly name: string
  readonly currentMs?: number
  readonly bytes?: number
  readonly p99?: number
}

interface Published {
  readonly args: readonly string[]
  /** @param report - what the bench wrote, by its own form */
  charts(report: unknown): readonly BarChart[]
}

const short = ['--seconds', '6', '--warm-up', '3', '--rounds', '3', '--retries', '0', '--no-lower']

const fanOutSystems =
  'headrace,durable-streams file,redis streams always,redis gateway always,nats jetstream file,durable-streams memory,redis gateway memory,socket.io,resumable-stream'

const published: Readonly<Record<string, Published>> = {
  tokens: {
    args: short,
    charts: (report) => [
      ofSummaries(report, 'Publish to delivery, median, ms (200 sessions, 10,000 events/s)', ({ p50 }) => p50),
      ofSummaries(report, 'Publish to delivery, 99th percentile, ms', ({ p99 }) => p99),
      ofSummaries(report, 'Server CPU for a delivery, µs', ({ cpuMicrosPerDelivery }) => cpuMicrosPerDelivery),
    ],
  },
  appends: {
    args: short,
    charts: (report) => [
      ofSummaries(report, 'Events a second, 1,000 sessions, 16 under way in each', (one) => one.deliveriesPerSecond),
    ],
  },
  'fan-out': {
    // PostgreSQL would need a process for each viewer.
    args: [...short, '--systems', fanOutSystems],
    charts: (report) => [
      ofSummaries(
        report,
        'One session, 1,000 viewers: server CPU for a delivery, µs',
        (one) => one.cpuMicrosPerDelivery,
      ),
      ofSummaries(report, 'One session, 1,000 viewers: 99th percentile, ms', ({ p99 }) => p99),
    ],
  },
  storm: {
    args: ['--rounds', '5', '--missed', '100'],
    charts: (report) => [
      ofFound(
        report,
        '1,000 viewers come back at once and miss 100 events: all current after ms',
        ({ currentMs }) => currentMs,
      ),
    ],
  },
  idle: {
    args: ['--rounds', '2'],
    charts: (report) => [
      ofFound(report, 'Resident memory for an idle connection, kB', ({ bytes }) => bytes && bytes / 1_000),
    ],
  },
  control: {
    args: ['--samples', '300'],
    charts: (report) => [ofFound(report, 'Stop to abort, 99th percentile, ms', ({ p99 }) => p99)],
  },
}

const { values } = parseArgs({
  options: {
    folder: { type: 'string', default: fileURLToPath(new URL('../docs/performance', import.meta.url)) },
    only: { type: 'string', default: Object.keys(published).join(',') },
    draw: { type: 'boolean', default: false },
  },
})
await mkdir(values.folder, { recursive: true })
for (const name of values.only.split(',')) {
  const bench = published[name]
  if (!bench) throw new Error(`There is no published bench ${name}; there are ${Object.keys(published).join(', ')}.`)
  const file = path.join(values.folder, `${name}.json`)
  if (!values.draw) await runBench(name, [...bench.args, '--json', file])
  const report: unknown = JSON.parse(await readFile(file, 'utf8'))
  await writeFile(path.join(values.folder, `${name}.svg`), bars(bench.charts(report)))
}

async function runBench(name: string, args: readonly string[]): Promise<void> {
  const file = fileURLToPath(new URL(`${name}.ts`, import.meta.url))
  const child = spawn(process.execPath, ['--conditions=@headrace/source', file, ...args], { stdio: 'inherit' })
  const [code] = (await once(child, 'exit')) as [number | null] // by its documentation
  if (code !== 0) throw new Error(`The bench ${name} failed.`)
}

/** Of a bench that streams. What falls behind has no latency that means anything, and is shown as such. */
function ofSummaries(report: unknown, title: string, value: (summary: Summary) => number): BarChart {
  const { atFull } = report as { readonly atFull: readonly Summary[] } // written by bench/tokens/compare.ts
  return chart(
    title,
    atFull.map((one) => ({ name: one.system, value: one.sustained ? value(one) : undefined })),
  )
}

function ofFound(report: unknown, title: string, value: (found: Found) => number | undefined): BarChart {
  const { systems } = report as { readonly systems: readonly Found[] } // written by the bench of this name
  return chart(
    title,
    systems.map((one) => ({ name: one.name, value: value(one) })),
  )
}

function chart(
  title: string,
  rows: readonly { readonly name: string; readonly value: number | undefined }[],
): BarChart {
  return { title, label: digits, rows: rows.map((row) => ({ ...row, isOurs: row.name.startsWith('headrace') })) }
}
