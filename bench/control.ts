/**
 * npm run bench -- control [--samples 300] [--streams 0] [--rounds 3]
 *
 * Stop: time from a person's `cancel` to the agent's abort signal, with the client and agent libraries, one run at a time;
 * `--streams 100` has so many other sessions stream 50 events a second meanwhile. Beside it what a message takes that
 * decides nothing: from one client to another through a WebSocket server in front of Redis.
 */
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
  },
})
const options = { samples: Number(values.samples), streams: Number(values.streams) }
const ways = [
  { name: 'headrace: cancel to abort', system: headrace, take: control },
  { name: 'redis gateway always: message', system: redisGatewayAlways, take: relay },
  { name: 'redis gateway memory: message', system: redisGatewayMemory, take: relay },
]

await withTempDirectory(async (directory) => {
  const { cpu, cores, node } = describeMachine(directory)
  console.log(`${cpu}, ${cores} cores, Node ${node}`)
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
  const middle = (rounds: readonly { p50: number; p99: number; max: number }[], key: 'p50' | 'p99' | 'max'): string =>
    digits(median(rounds.map((round) => round[key])))
  console.log(
    table(
      ['way', 'p50 ms', 'p99 ms', 'max ms'],
      [...taken].map(([name, rounds]) => [name, middle(rounds, 'p50'), middle(rounds, 'p99'), middle(rounds, 'max')]),
    ),
  )
})
process.exit(0)
