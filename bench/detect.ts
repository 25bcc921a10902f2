/**
 * npm run bench -- detect [--steps 20000] [--lanes 8] [--bytes 2000] [--json FILE]
 *
 * What the waffling detector costs: processor time for each step of a lane at work, the part of a core that 1,000 steps a
 * second take, and the memory that a lane keeps, after a tenth and after all of its steps.
 */
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createDetector, type Step } from '@headrace/factory'
import { describeMachine } from './lib/machine.ts'

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '20000' },
    lanes: { type: 'string', default: '8' },
    bytes: { type: 'string', default: '2000' },
    json: { type: 'string' },
  },
})
const count = Number(values.steps)
const lanes = Number(values.lanes)
const bytes = Number(values.bytes)

/** Work as it looks: reads, searches, edits and test runs, each with an output of its own. */
function stepOf(index: number): Step {
  const output = `line ${index} of src/module${index % 997}.ts\n`.repeat(Math.ceil(bytes / 32)).slice(0, bytes)
  const more = { diff: `d${Math.floor(index / 7)}`, tokens: 400, at: index, text: `Now I look at part ${index}.` }
  switch (index % 4) {
    case 0:
      return { tool: 'bash', args: { command: `cd /work && grep -n "name${index}" src` }, result: output, ...more }
    case 1:
      return { tool: 'view', args: { path: `src/module${index}.ts`, view_range: [1, 100] }, result: output, ...more }
    case 2: {
      const args = { path: `src/module${index % 50}.ts`, old_str: output.slice(0, 400), new_str: output.slice(0, 500) }
      return { tool: 'edit', args, result: 'Edited.', ...more }
    }
    default:
      return { tool: 'bash', args: { command: 'npm test' }, result: `${output}\n${index % 5} failed`, ...more }
  }
}

// What a lane keeps is small beside what waits to be collected.
setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void // there since the line before

const memoryOf = (): number => {
  collect()
  return process.memoryUsage().heapUsed
}

const warm = createDetector()
for (let index = 0; index < 4_000; index++) warm.step(stepOf(index))

const before = memoryOf()
const detectors = Array.from({ length: lanes }, () => createDetector())
let cpu = 0
let afterTenth = 0
const tenth = Math.ceil(count / 10)
for (let from = 0; from < count; from += tenth) {
  // Made outside of what is timed: a lane has its steps from elsewhere.
  const steps = Array.from({ length: Math.min(tenth, count - from) }, (_, index) => stepOf(from + index))
  const start = process.cpuUsage()
  for (const step of steps) for (const detector of detectors) detector.step(step)
  const { user, system } = process.cpuUsage(start)
  cpu += user + system
  steps.length = 0
  if (from === 0) afterTenth = memoryOf() - before
}
const after = memoryOf() - before
const micros = cpu / (count * lanes)
const result = {
  machine: describeMachine(tmpdir()),
  steps: count,
  lanes,
  outputBytes: bytes,
  microsPerStep: micros,
  coreAt1000PerSecond: micros / 1_000,
  bytesPerLaneAfterTenth: Math.round(afterTenth / lanes),
  bytesPerLane: Math.round(after / lanes),
}
console.log(`${micros.toFixed(1)} µs for a step: ${(micros / 10).toFixed(1)} % of a core at 1,000 steps a second`)
console.log(
  `${(result.bytesPerLaneAfterTenth / 1024).toFixed(0)} KiB a lane after ${tenth} steps, ${(result.bytesPerLane / 1024).toFixed(0)} KiB after ${count}`,
)
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(result, undefined, 2)}\n`)
// Kept to the end, so that what is measured is there.
if (detectors.length !== lanes) throw new Error('A lane is gone.')
