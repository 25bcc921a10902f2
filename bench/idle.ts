/**
 * npm run bench -- idle [--connections 4000] [--settle 6] [--rounds 3] [--systems a,b] [--json FILE]
 *
 * Memory of the server for each connection that follows a session in which nothing happens, and its CPU meanwhile. Resident
 * memory before and after, so what the runtime has not given back yet counts too.
 */
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'
import { describeMachine } from './lib/machine.ts'
import { digits, table } from './lib/table.ts'
import { median } from './lib/statistics.ts'
import { watchedSystem } from './watched/index.ts'
import { runWatched } from './watched/round.ts'
import { takeTurns } from './watched/turns.ts'

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '4000' },
    settle: { type: 'string', default: '6' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'string' },
    systems: { type: 'string', default: 'headrace,bare ws,socket.io,redis streams always,durable-streams memory' },
  },
})
const watchers = Number(values.connections)
const settleMs = Number(values.settle) * 1_000
console.log(`${watchers} idle connections that follow one session, ${values.rounds} rounds, medians`)

const systems = values.systems.split(',').map(watchedSystem)
const taken = await takeTurns(systems, Number(values.rounds), async (system, directory) => {
  const round = await runWatched(system, { kind: 'idle', watchers, settleMs }, directory)
  console.error(`  ${system.name}: ${digits(round.bytesPerConnection / 1_000)} kB a connection`)
  return round
})
const middles = [...taken].map(([system, rounds]) => ({
  name: system.name,
  bytes: median(rounds.map((round) => round.bytesPerConnection)),
  cpu: median(rounds.map((round) => round.cpuSecondsPerMinute)),
}))
const ours = middles[0]
console.log(
  table(
    ['system', 'kB a connection', 'CPU s a minute', 'against headrace'],
    middles.map((one) => [
      one.name,
      digits(one.bytes / 1_000),
      digits(one.cpu),
      ours ? `${digits(one.bytes / ours.bytes)}×` : '',
    ]),
  ),
)
if (values.json !== undefined) {
  const report = { at: new Date().toISOString(), machine: describeMachine(tmpdir()), config: values, systems: middles }
  await writeFile(values.json, `${JSON.stringify(report, undefined, 2)}\n`)
}
