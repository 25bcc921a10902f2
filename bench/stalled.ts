/**
 * npm run bench -- stalled [--sessions 10] [--readers 500] [--rate 20] [--bytes 150] [--seconds 5] [--warm-up 2]
 *   [--rounds 15] [--seed 1] [--json FILE]
 *
 * Agents stream into a few sessions that many readers follow. In every other phase one of the readers takes nothing from
 * its socket, from before the warm-up until after the measured time: what does that cost the other readers, and the
 * server? One server and one set of readers for all phases, so that only the stalled one makes a difference; the seed says
 * which phase of a pair comes first. The one also follows an archive, larger than what the kernel's buffers take for it:
 * else the server would not notice for minutes that nobody reads. Stalled for more than about 30 s in all it is cut, and
 * then resumes.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { loadavg } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { describeMachine } from './lib/machine.ts'
import { serveHeadrace } from './lib/serve-headrace.ts'
import { digits } from './lib/table.ts'
import { withTempDirectory } from './lib/temp.ts'
import type { Phase, StalledLoad, StalledOrder } from './stalled/load.ts'
import type { Address } from './stalled/log.ts'
import { comparison, phaseTable } from './stalled/summary.ts'

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '10' },
    readers: { type: 'string', default: '500' },
    rate: { type: 'string', default: '20' },
    bytes: { type: 'string', default: '150' },
    seconds: { type: 'string', default: '5' },
    'warm-up': { type: 'string', default: '2' },
    rounds: { type: 'string', default: '15' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
  },
})
const load: StalledLoad = {
  sessions: Number(values.sessions),
  readers: Number(values.readers),
  rate: Number(values.rate),
  eventBytes: Number(values.bytes),
  archiveEvents: 240,
  archiveChars: 100_000,
  warmUpSeconds: Number(values['warm-up']),
  seconds: Number(values.seconds),
  rounds: Number(values.rounds),
  seed: Number(values.seed),
}

await withTempDirectory(async (directory) => {
  const machine = describeMachine(directory)
  const cpu = `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, 4 KiB fdatasync ${digits(machine.fdatasyncMs)} ms`
  console.log(`${cpu}, load average ${loadavg().map(digits).join(' ')}`)
  const offered = `${load.sessions} sessions × ${load.rate} events/s of ${load.eventBytes} bytes, ${load.readers} readers`
  const times = `${load.rounds} pairs of ${load.seconds} s after ${load.warmUpSeconds} s of warm-up each, and a first pair that is not counted`
  console.log(`${offered}; ${times}; seed ${load.seed}`)
  // Relative, because the path of such a socket may not be long.
  const probe = path.relative(process.cwd(), path.join(directory, 'memory.sock'))
  process.env['BENCH_PROBE'] = probe
  const preload = ['--expose-gc', '--import', new URL('stalled/serve-probe.ts', import.meta.url).href]
  await using server = await serveHeadrace(directory, preload)
  const address = JSON.parse(server.address) as Address // the ready line of `headrace serve --json`
  const phases = await runLoad({ ...load, address, pids: server.pids, probe })
  console.log(`\n${phaseTable(phases)}\n\n${comparison(phases)}`)
  if (values.json !== undefined) {
    const report = { at: new Date().toISOString(), machine, config: load, phases }
    await writeFile(values.json, `${JSON.stringify(report, undefined, 2)}\n`)
  }
})

/** Runs the load in a process of its own; resolves to the phases that count. */
async function runLoad(order: StalledOrder): Promise<readonly Phase[]> {
  const script = fileURLToPath(new URL('stalled/load.ts', import.meta.url))
  // Its own garbage collections would look like delays of the server.
  const args = [
    '--expose-gc',
    '--max-semi-space-size=64',
    '--conditions=@headrace/source',
    script,
    JSON.stringify(order),
  ]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  process.once('exit', () => child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  const phases: Phase[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    const phase = JSON.parse(line) as Phase // printed by load.ts
    console.error(
      `  ${phase.round === 0 ? 'not counted' : `round ${phase.round}`}, ${phase.isStalled ? 'one stalled' : 'all read'}: p50 ${digits(phase.p50)} p99 ${digits(phase.p99)} max ${digits(phase.max)} ms, unsent ${digits(phase.unsentBytes)} bytes (late ${digits(phase.lateMs)} ms, others ${digits(phase.otherCpuSeconds)} s)${phase.cuts > 0 ? ', was cut and resumed' : ''}`,
    )
    if (phase.round > 0) phases.push(phase)
  }
  const [code] = (await ended) as [number | null] // what Node documents for `exit`
  if (code !== 0) throw new Error(`The load process ended with ${code}.`)
  return phases
}
