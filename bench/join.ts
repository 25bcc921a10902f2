/**
 * npm run bench -- join [--rounds 15] [--restarts 5] [--json FILE]
 *
 * A person joins a session that has 100,000 events: time and bytes until the messages can be shown, by snapshot and by
 * replaying the log, beside what peers offer for it. Then the same as the first thing after the server was killed and
 * started again.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { joinDurableStreamsFile, joinDurableStreamsMemory } from './join/durable-streams.ts'
import { joinHeadrace } from './join/headrace.ts'
import { joinRedisStreams } from './join/redis-streams.ts'
import { answerText, shapes, totalEvents, type Shape } from './join/transcript.ts'
import { describeMachine } from './lib/machine.ts'
import { median } from './lib/statistics.ts'
import { digits, table } from './lib/table.ts'
import { withTempDirectory } from './lib/temp.ts'
import type { Joinable, Way } from './join/way.ts'
import type { Running } from './tokens/system.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    restarts: { type: 'string', default: '5' },
    json: { type: 'string' },
  },
})
const rounds = Number(values.rounds)
const restarts = Number(values.restarts)
/** Joins that are not counted, for compilers and caches. */
const warmUps = 3
const all = [joinHeadrace, joinDurableStreamsMemory, joinDurableStreamsFile, joinRedisStreams]
const present = all.filter(({ system }) => system.missing?.() === undefined)

interface Result {
  readonly session: string
  readonly way: string
  readonly ms: readonly number[]
  readonly bytes: number
  readonly messages: number
  /** Starting the server until it is ready; only where it was restarted. */
  readonly readyMs?: readonly number[]
}

await withTempDirectory(async (directory) => {
  const machine = describeMachine(directory)
  console.log(
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, 4 KiB fdatasync ${digits(machine.fdatasyncMs)} ms`,
  )
  for (const { system } of all)
    if (system.missing?.() !== undefined) console.log(`skipped: ${system.name}, because ${system.missing()}`)
  const warm: Result[] = []
  const cold: Result[] = []
  for (const joinable of present) {
    const home = path.join(directory, joinable.system.name.replaceAll(' ', '-'))
    await mkdir(home)
    {
      await using running = await joinable.system.start(home)
      for (const shape of shapes) {
        await joinable.fill(running.address, shape)
        for (const way of joinable.ways) warm.push(await repeat(way, running.address, shape))
      }
      kill(running)
    }
    if (joinable !== joinDurableStreamsMemory)
      for (const shape of shapes) cold.push(await restartAndJoin(joinable, home, shape))
  }
  console.log(`\nJoining a session of ${totalEvents} events: medians of ${rounds} joins after ${warmUps} of warm-up\n`)
  print(warm)
  console.log(`\nThe first join after a restart: medians of ${restarts} restarts\n`)
  print(cold)
  if (values.json !== undefined) {
    const report = {
      at: new Date().toISOString(),
      machine,
      config: { totalEvents, rounds, warmUps, restarts, shapes },
      warm,
      cold,
    }
    await writeFile(values.json, `${JSON.stringify(report, undefined, 2)}\n`)
  }
})

async function repeat(way: Way, address: string, shape: Shape): Promise<Result> {
  for (let index = 0; index < warmUps; index += 1) await timed(way, address, shape)
  const taken = []
  for (let index = 0; index < rounds; index += 1) taken.push(await timed(way, address, shape))
  const { bytes, messages } = taken[0]!
  return { session: shape.name, way: way.name, ms: taken.map(({ ms }) => ms), bytes, messages }
}

async function timed(
  way: Way,
  address: string,
  shape: Shape,
): Promise<{ ms: number; bytes: number; messages: number }> {
  const began = performance.now()
  const { bytes, messages, lastText } = await way.join(address, shape)
  const ms = performance.now() - began
  if (lastText !== answerText(shape)) throw new Error(`${way.name} gave another text than was written.`)
  return { ms, bytes, messages }
}

/** The first join finds no room, no cache and no compiled code in the server. */
async function restartAndJoin({ system, ways }: Joinable, home: string, shape: Shape): Promise<Result> {
  const way = ways[0]!
  const ms: number[] = []
  const readyMs: number[] = []
  let last = { ms: 0, bytes: 0, messages: 0 }
  for (let index = 0; index < restarts; index += 1) {
    const began = performance.now()
    await using running = await system.start(home)
    readyMs.push(performance.now() - began)
    last = await timed(way, running.address, shape)
    ms.push(last.ms)
    kill(running)
  }
  return { session: shape.name, way: way.name, ms, bytes: last.bytes, messages: last.messages, readyMs }
}

/** As a crash would: nothing is tidied up, so the next start finds what was durable. */
function kill(running: Running): void {
  for (const pid of running.pids) process.kill(pid, 'SIGKILL')
}

function print(results: readonly Result[]): void {
  const restarted = results.some(({ readyMs }) => readyMs)
  const head = ['session', 'way', 'ms', 'slowest ms', 'KB', 'messages shown', ...(restarted ? ['ready ms'] : [])]
  const rows = results.map(({ session, way, ms, bytes, messages, readyMs }) => [
    session,
    way,
    digits(median(ms)),
    digits(Math.max(...ms)),
    digits(bytes / 1_000),
    String(messages),
    ...(readyMs ? [digits(median(readyMs))] : []),
  ])
  console.log(table(head, rows, 2))
}
