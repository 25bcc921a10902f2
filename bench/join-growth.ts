/**
 * npm run bench -- join-growth [--sizes 10000,100000,1000000] [--rounds 15] [--svg docs/join-growth.svg]
 *
 * One session grows, and at each size people join it: by snapshot, by snapshot as the first thing after the server was
 * killed and started again, and by replaying the log. The first two should not grow with the log; the last one does.
 */
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { grow, replayWay, snapshotWay } from './join/headrace.ts'
import { answerText, shapes, turns, type Shape } from './join/transcript.ts'
import { describeMachine } from './lib/machine.ts'
import { plot, type Line } from './lib/plot.ts'
import { median } from './lib/statistics.ts'
import { digits, table } from './lib/table.ts'
import { withTempDirectory } from './lib/temp.ts'
import { headrace } from './systems/headrace.ts'
import type { Way } from './join/way.ts'

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '10000,100000,1000000' },
    rounds: { type: 'string', default: '15' },
    svg: { type: 'string' },
  },
})
const sizes = values.sizes.split(',').map(Number)
const rounds = Number(values.rounds)
const warmUps = 3
/** Reading everything takes seconds and hardly varies. */
const replays = 3
const restarts = 3
const chat = shapes[0]!

interface Measured {
  readonly events: number
  readonly way: string
  readonly ms: number
  readonly slowestMs: number
  readonly bytes: number
}

await withTempDirectory(async (directory) => {
  const machine = describeMachine(directory)
  console.log(
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, 4 KiB fdatasync ${digits(machine.fdatasyncMs)} ms`,
  )
  const all: Measured[] = []
  let written = 0
  for (const events of sizes) {
    const answers = turns(events)
    {
      await using running = await headrace.start(directory)
      const began = performance.now()
      await grow(running.address, { ...chat, answers: answers - written })
      console.error(`  grew to ${events} events in ${digits((performance.now() - began) / 1_000)} s`)
      written = answers
      all.push(await measure(events, snapshotWay, running.address, rounds))
      all.push(await measure(events, replayWay, running.address, replays))
      running.pids.forEach((pid) => process.kill(pid, 'SIGKILL'))
    }
    all.push(await measureRestarts(events, directory))
  }
  console.log(
    `\nJoining a session that grows: medians of ${rounds} joins after ${warmUps} of warm-up, of ${replays} replays and of ${restarts} restarts\n`,
  )
  const rows = all.map(({ events, way, ms, slowestMs, bytes }) => [
    way,
    events.toLocaleString('en-US'),
    digits(ms),
    digits(slowestMs),
    digits(bytes / 1_000),
  ])
  console.log(table(['way', 'events', 'ms', 'slowest ms', 'KB'], rows))
  if (values.svg !== undefined) await writeFile(values.svg, draw(all))
})

async function measure(events: number, way: Way, address: string, times: number): Promise<Measured> {
  const taken: { ms: number; bytes: number }[] = []
  for (let index = -Math.min(warmUps, times); index < times; index += 1) {
    const one = await timed(way, address, chat)
    if (index >= 0) taken.push(one)
  }
  return summed(events, way.name, taken)
}

/** The first join finds no room, no cache and no compiled code in the server. */
async function measureRestarts(events: number, directory: string): Promise<Measured> {
  const taken: { ms: number; bytes: number }[] = []
  for (let index = 0; index < restarts; index += 1) {
    await using running = await headrace.start(directory)
    taken.push(await timed(snapshotWay, running.address, chat))
    running.pids.forEach((pid) => process.kill(pid, 'SIGKILL'))
  }
  return summed(events, `${snapshotWay.name}, first after a restart`, taken)
}

async function timed(way: Way, address: string, shape: Shape): Promise<{ ms: number; bytes: number }> {
  const began = performance.now()
  const { bytes, lastText } = await way.join(address, shape)
  const ms = performance.now() - began
  if (lastText !== answerText(shape)) throw new Error(`${way.name} gave another text than was written.`)
  return { ms, bytes }
}

function summed(
  events: number,
  way: string,
  taken: readonly { readonly ms: number; readonly bytes: number }[],
): Measured {
  const ms = taken.map((one) => one.ms)
  return { events, way, ms: median(ms), slowestMs: Math.max(...ms), bytes: taken[0]?.bytes ?? 0 }
}

function draw(all: readonly Measured[]): string {
  const colors = ['#1668c4', '#b3541e', '#2a8a5a']
  const ways = [...new Set(all.map(({ way }) => way))]
  const lines = (value: (one: Measured) => number): readonly Line[] =>
    ways.map((way, index) => ({
      name: way,
      color: colors[index % colors.length] ?? '',
      points: all.filter((one) => one.way === way).map((one) => ({ x: one.events, y: value(one) })),
    }))
  return plot(
    [
      { title: 'Time to join, ms', lines: lines(({ ms }) => ms), label: (value) => value.toLocaleString('en-US') },
      {
        title: 'Bytes to join, KB',
        lines: lines(({ bytes }) => bytes / 1_000),
        label: (kb) => kb.toLocaleString('en-US'),
      },
    ],
    'events in the log',
  )
}
