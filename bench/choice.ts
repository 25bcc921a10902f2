/**
 * npm run bench -- choice [--seeds 20] [--tasks 200] [--budget 100] [--svg docs/choice.svg] [--json FILE]
 *
 * A simulated floor of agents whose quality is known: what is lost by choosing as the factory does, beside always the best and one
 * after the other, and what is spent on attempts that go in circles, with the detector and without. No clock and no model: the
 * same seeds give the same numbers on every machine.
 */
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { simAgents, simulateFloor, type SimChoice, type SimFloor, type SimPlayed } from '@headrace/factory'
import { plot, type Line } from './lib/plot.ts'
import { digits, table } from './lib/table.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20' },
    tasks: { type: 'string', default: '200' },
    budget: { type: 'string', default: '100' },
    svg: { type: 'string' },
    json: { type: 'string' },
  },
})
const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => index + 1)
const tasks = Number(values.tasks)
const budget = Number(values.budget)

interface Way {
  readonly name: string
  readonly color: string
  readonly choice: SimChoice
  readonly detector: boolean
}

const ours: Way = { name: 'ours', color: '#1668c4', choice: 'ours', detector: true }
const blind: Way = { name: 'ours, without the detector', color: '#b3541e', choice: 'ours', detector: false }
const ways: readonly Way[] = [
  ours,
  { name: 'one after the other', color: '#b3541e', choice: 'round-robin', detector: true },
  { name: 'always the best', color: '#2a8a5a', choice: 'best', detector: true },
  blind,
]

const floors = new Map<string, readonly SimFloor[]>()
for (const { name, choice, detector } of ways) {
  const all = seeds.map((seed) => simulateFloor({ seed, tasks, agents: simAgents, choice, detector, budget }))
  floors.set(name, all)
}
const floorsOf = ({ name }: Way): readonly SimFloor[] => floors.get(name) ?? []

const mean = (all: readonly number[]): number => all.reduce((sum, one) => sum + one, 0) / Math.max(1, all.length)

/** What a floor comes to, for each seed. */
function per(way: Way, value: (floor: SimFloor) => number): readonly number[] {
  return floorsOf(way).map(value)
}

const sum = (played: readonly SimPlayed[], value: (one: SimPlayed) => number): number =>
  played.reduce((total, one) => total + value(one), 0)
const regret = ({ played }: SimFloor): number => sum(played, (one) => one.regret)
const inCircles = ({ played }: SimFloor): number => sum(played, (one) => (one.circled ? one.tokens : 0))
const spent = ({ played }: SimFloor): number => sum(played, ({ tokens }) => tokens)
const wronged = ({ played }: SimFloor): number => played.filter((one) => one.wronged).length

/** Mean over the seeds, and the middle nine tenths. */
function inWords(all: readonly number[], scale = 1): string {
  const sorted = [...all].toSorted((a, b) => a - b)
  const at = (q: number): number => (sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0) / scale
  return `${digits(mean(all) / scale)} (${digits(at(0.05))}–${digits(at(0.95))})`
}

console.log(
  `${tasks} tasks, ${seeds.length} seeds, ${simAgents.length} arms, at most ${budget} steps an attempt: mean (90 % of seeds)\n`,
)
console.log(
  table(
    ['choice', 'regret', 'merged', 'attempts', 'Mtokens', 'of these in circles', 'wrongly told'],
    ways.map((way) => [
      way.name,
      inWords(per(way, regret)),
      inWords(per(way, ({ merged }) => merged)),
      inWords(per(way, ({ played }) => played.length)),
      inWords(per(way, spent), 1_000_000),
      inWords(per(way, inCircles), 1_000_000),
      String(
        sum(
          floorsOf(way).flatMap(({ played }) => played),
          (one) => Number(one.wronged),
        ),
      ),
    ]),
  ),
)
const factor = mean(per(blind, inCircles)) / mean(per(ours, inCircles))
const share = mean(per(ours, regret)) / mean(per(ways[1] ?? ours, regret))
const good = sum(
  floorsOf(ours).flatMap(({ played }) => played),
  (one) => Number(!one.circled),
)
console.log(`\nRegret is ${digits(100 * share)} % of that of taking turns.`)
console.log(`What is spent on attempts in circles falls by the factor ${digits(factor)} with the detector.`)
console.log(
  `Of ${good} attempts that went in no circle ${mean(per(ours, wronged)) * seeds.length} were told that they did.`,
)

/** A value summed up over the tasks in their order, mean over the seeds. */
function summedUp(way: Way, value: (one: SimPlayed) => number): Line['points'] {
  const step = Math.max(1, Math.round(tasks / 20))
  return Array.from({ length: Math.floor(tasks / step) + 1 }, (_, index) => {
    const upTo = index * step
    const all = floorsOf(way).map(({ played }) =>
      sum(
        played.filter(({ task }) => Number(task.slice(1)) <= upTo),
        value,
      ),
    )
    return { x: upTo, y: mean(all) }
  })
}

if (values.svg !== undefined) {
  const picture = plot(
    [
      {
        title: 'Regret: landings lost, summed up',
        axes: 'linear',
        lines: ways
          .filter(({ detector }) => detector)
          .map((way) => ({ name: way.name, color: way.color, points: summedUp(way, (one) => one.regret) })),
        label: (value) => value.toLocaleString('en-US'),
      },
      {
        title: 'Spent in circles, millions of tokens',
        axes: 'linear',
        lines: [blind, ours].map((way) => ({
          name: way === ours ? 'with the detector' : 'without',
          color: way.color,
          points: summedUp(way, (one) => (one.circled ? one.tokens / 1_000_000 : 0)),
        })),
        label: (value) => value.toLocaleString('en-US'),
      },
    ],
    'tasks',
  )
  await writeFile(values.svg, picture)
}
if (values.json !== undefined) {
  const result = ways.map((way) => ({
    name: way.name,
    regret: mean(per(way, regret)),
    merged: mean(per(way, ({ merged }) => merged)),
    tokens: mean(per(way, spent)),
    tokensInCircles: mean(per(way, inCircles)),
  }))
  await writeFile(
    values.json,
    `${JSON.stringify({ tasks, seeds: seeds.length, budget, factor, ways: result }, undefined, 2)}\n`,
  )
}
