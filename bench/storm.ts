/**
 * npm run bench -- storm [--watchers 1000] [--events 2000] [--missed 1000] [--rounds 3] [--systems a,b] [--json FILE]
 *
 * All that watch one session lose their connections at once, miss events, and come back at the same moment: how long until
 * every one of them has everything, and what that costs the server.
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
    watchers: { type: 'string', default: '1000' },
    events: { type: 'string', default: '2000' },
    missed: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'string' },
    systems: {
      type: 'string',
      default: 'headrace,redis streams always,durable-streams memory,durable-streams file,socket.io',
    },
  },
})
const watchers = Number(values.watchers)
const events = Number(values.events)
const missed = Number(values.missed)
console.log(
  `${watchers} watchers of one session of ${events} events come back at once and miss ${missed}, ${values.rounds} rounds, medians`,
)

const systems = values.systems.split(',').map(watchedSystem)
const taken = await takeTurns(systems, Number(values.rounds), async (system, directory) => {
  const round = await runWatched(system, { kind: 'storm', watchers, events, missed }, directory)
  console.error(
    `  ${system.name}: all current after ${digits(round.currentMs)} ms, CPU ${digits(round.serverCpuSeconds)} s`,
  )
  return round
})
const middles = [...taken].map(([system, rounds]) => ({
  name: system.name,
  currentMs: median(rounds.map((round) => round.currentMs)),
  medianMs: median(rounds.map((round) => round.medianMs)),
  cpu: median(rounds.map((round) => round.serverCpuSeconds)),
  lost: rounds.reduce((sum, round) => sum + round.lost, 0),
  doubled: rounds.reduce((sum, round) => sum + round.doubled, 0),
}))
const ours = middles[0]
console.log(
  table(
    ['system', 'all current ms', 'median watcher ms', 'server CPU s', 'lost/doubled', 'against headrace'],
    middles.map((one) => [
      one.name,
      digits(one.currentMs),
      digits(one.medianMs),
      digits(one.cpu),
      `${one.lost}/${one.doubled}`,
      ours ? `${digits(one.currentMs / ours.currentMs)}×` : '',
    ]),
  ),
)
if (values.json !== undefined) {
  const report = { at: new Date().toISOString(), machine: describeMachine(tmpdir()), config: values, systems: middles }
  await writeFile(values.json, `${JSON.stringify(report, undefined, 2)}\n`)
}
