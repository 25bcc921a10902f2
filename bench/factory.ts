/**
 * npm run bench -- factory [--lanes 1,5] [--rate 100] [--seconds 8] [--warm-up 3] [--rounds 3] [--files 10000] [--clones 7]
 *
 * What a floor costs beside its agents: CPU and memory of server and crew while scripted agents talk, against the same agents
 * whose output is read and thrown away. Then how long an attempt waits for its clone, against what git alone does. Ways take
 * turns, round by round.
 */
import path from 'node:path'
import { parseArgs } from 'node:util'
import { cloneMakers, cloneWays, makeRepository, type CloneWay } from './floor/clones.ts'
import { toFloor, toNothing, type Streamed } from './floor/streaming.ts'
import { describeMachine } from './lib/machine.ts'
import { median } from './lib/statistics.ts'
import { digits, megabytes, table } from './lib/table.ts'
import { withTempDirectory } from './lib/temp.ts'

const { values } = parseArgs({
  options: {
    lanes: { type: 'string', default: '1,5' },
    rate: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '8' },
    'warm-up': { type: 'string', default: '3' },
    rounds: { type: 'string', default: '3' },
    files: { type: 'string', default: '10000' },
    clones: { type: 'string', default: '7' },
  },
})

await withTempDirectory(async (directory) => {
  const { cpu, cores, node, fdatasyncMs } = describeMachine(directory)
  console.log(`${cpu}, ${cores} cores, Node ${node}, fdatasync ${digits(fdatasyncMs)} ms`)
  await streaming(directory)
  await clones(directory)
})
process.exit(0)

async function streaming(directory: string): Promise<void> {
  const origin = path.join(directory, 'small')
  makeRepository(origin, 10)
  const [rate, seconds, warmUp] = [Number(values.rate), Number(values.seconds), Number(values['warm-up'])]
  console.log(
    `\n${rate} updates a second asked of each agent, ${seconds} s after ${warmUp}, ${values.rounds} rounds, medians`,
  )
  const rows: string[][] = []
  for (const lanes of values.lanes.split(',').map(Number)) {
    const nothing: Streamed[] = []
    const floor: Streamed[] = []
    for (let round = 0; round < Number(values.rounds); round += 1) {
      const common = { lanes, rate, seconds, warmUp, origin }
      nothing.push(await toNothing({ ...common, folder: path.join(directory, `nothing-${lanes}-${round}`) }))
      floor.push(await toFloor({ ...common, folder: path.join(directory, `floor-${lanes}-${round}`) }))
      console.error(`  ${lanes} lanes: ${digits(nothing.at(-1)!.cpu)} and ${digits(floor.at(-1)!.cpu)} CPU s a second`)
    }
    const of = (taken: readonly Streamed[], key: keyof Streamed): number => median(taken.map((one) => one[key]))
    const more = median(floor.map((one, round) => one.cpu - (nothing[round]?.cpu ?? Number.NaN)))
    rows.push(
      [`${lanes}, to nothing`, digits(of(nothing, 'updates')), digits(of(nothing, 'cpu')), '', '', '', '', ''],
      [
        `${lanes}, on a floor`,
        digits(of(floor, 'updates')),
        digits(of(floor, 'cpu')),
        digits(of(floor, 'server')),
        digits(of(floor, 'crew')),
        digits(more / lanes),
        megabytes(of(floor, 'serverBytes')),
        megabytes(of(floor, 'crewBytes')),
      ],
    )
  }
  const head = ['lanes', 'updates/s', 'CPU s/s', 'of server', 'of crew', 'more a lane', 'server MB', 'crew MB']
  console.log(table(head, rows))
}

async function clones(directory: string): Promise<void> {
  const [files, rounds] = [Number(values.files), Number(values.clones)]
  const origin = path.join(directory, 'large')
  makeRepository(origin, files)
  const make = await cloneMakers(path.join(directory, 'made'), origin)
  // The first attempt on a base makes what all others share.
  const first = await make['attempt of a floor'](0)
  const taken = new Map<CloneWay, number[]>(cloneWays.map((way) => [way, []]))
  for (let round = 1; round <= rounds; round += 1)
    for (const way of cloneWays) taken.get(way)?.push(await make[way](round))
  const plain = median(taken.get('git clone --local') ?? [])
  console.log(`\nA work tree of ${files} files, ${rounds} rounds; the first attempt on a base: ${digits(first)} ms`)
  console.log(
    table(
      ['way', 'median ms', 'min ms', 'max ms', 'against git clone'],
      [...taken].map(([way, times]) => [
        way,
        digits(median(times)),
        digits(Math.min(...times)),
        digits(Math.max(...times)),
        `${digits(median(times) / plain)}×`,
      ]),
    ),
  )
}
