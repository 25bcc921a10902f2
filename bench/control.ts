/**
 * npm run bench -- control [--samples 300] [--streams 0] [--rounds 3] [--json FILE]
 *
 * Stop: time from a person's `cancel` to the agent's abort signal, with the client and agent libraries, one run at a time;
 * `--streams 100` has so many other sessions stream 50 events a second meanwhile. Beside it what a message takes that
 * decides nothing: from one client to another through a WebSocket server in front of Redis.
 */
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { control, relay } from './control/ways.ts'
import { describeMachine } from './lib/machine.ts'
import { median, quantile } from './lib/statistics.ts'
import { digits, table } from './lib/table.ts'
import { withTempDirectory } from './lib/temp.ts'
import { headrace } from './systems/headrace.ts'
import { redisGatewayAlways, redisGatewayMemory } from './systems/redis-gateway.ts'

const { values } = parseArgs({
  options: {
    samples: { type: 'string', default: '300' },
    streams: { type: 'string', default: '0' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'string' },
  },
})
const options = { samples: Number(values.samples), streams: Number(values.streams) }
const ways = [
  { name: 'headrace: cancel to abort', system: headrace, take: control },
  { name: 'redis gateway always: message', system: redisGatewayAlways, take: relay },
  { name: 'redis gateway memory: message', system: redisGatewayMemory, take: relay },
]

await withTempDirectory(async (directory) => {
  const machine = describeMachine(directory)
  console.log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}`)
  console.log(`${options.samples} samples, ${options.streams} other sessions stream, ${values.rounds} rounds, medians`)
  const taken = new Map<string, { p50: number; p99: number; max: number }[]>()
  for (let round = 0; round < Number(values.rounds); round += 1)
    for (const { name, system, take } of ways) {
      const missing = system.missing?.()
      if (missing !== undefined) {
        console.log(`skipped: ${name}, because ${missing}`)
        continue
      }
      await using running = await system.start(`${directory}`)
      const sorted = Float64Array.from(await take(system, running.address, options)).sort()
      const one = { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), max: sorted.at(-1) ?? Number.NaN }
      taken.set(name, [...(taken.get(name) ?? []), one])
      console.error(`  ${name}: p50 ${digits(one.p50)} p99 ${digits(one.p99)} ms`)
    }
  const middles = [...taken].map(([name, rounds]) => ({
    name,
    p50: median(rounds.map((round) => round.p50)),
    p99: median(rounds.map((round) => round.p99)),
    max: median(rounds.map((round) => round.max)),
  }))
  console.log(
    table(
      ['way', 'p50 ms', 'p99 ms', 'max ms'],
      middles.map(({ name, p50, p99, max }) => [name, digits(p50), digits(p99), digits(max)]),
    ),
  )
  if (values.json !== undefined) {
    const report = { at: new Date().toISOString(), machine, config: values, systems: middles }
    await writeFile(values.json, `${JSON.stringify(report, undefined, 2)}\n`)
  }
})
process.exit(0)
