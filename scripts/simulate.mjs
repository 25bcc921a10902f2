// npm run simulate -- [--streams] [--seeds 10000] [--from 0] [--workers 2] [--seed N]: plays simulator seeds from sources, all
// of them, and reports each invariant that one breaks. `--streams` plays streams in place of sessions. `--seed` plays one and
// shows everything that happened.
import { availableParallelism } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { Failure, install, main, node, root, run } from './setup.mjs'

const self = fileURLToPath(import.meta.url)
const condition = '--conditions=@headrace/source'
/** Seeds that a worker plays between two words about it. */
const batch = 200
/** What one seed makes is garbage with the next: room for that of some, so that hardly any of it is ever copied. */
const resourceLimits = { maxYoungGenerationSizeMb: 192 }
/** Violations that are reported in full. */
const maxReports = 5

function number(text, name) {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0) throw new Failure(`--${name} must be a whole number of 0 or more`)
  return value
}

async function simulator(streams) {
  Error.stackTraceLimit = 0
  return streams ? streamSimulator() : sessionSimulator()
}

async function streamSimulator() {
  const [{ simulateStreams, shrinkStreams, reportStreams }, { simulatedStreams }] = await Promise.all([
    import('@headrace/testing/simulator'),
    import('../packages/server/test/support/simulated-streams.ts'),
  ])
  const subject = simulatedStreams()
  return {
    report: reportStreams,
    play: (options) => simulateStreams({ ...options, subject }),
    shrink: (failed) => shrinkStreams(failed, subject),
  }
}

async function sessionSimulator() {
  const [{ simulate, shrink, report }, { headrace }] = await Promise.all([
    import('@headrace/testing/simulator'),
    import('../packages/testing/test/simulator/headrace.ts'),
  ])
  const subject = headrace()
  return {
    report,
    play: (options) => simulate({ ...options, subject }),
    shrink: (failed) => shrink(failed, { subject }),
  }
}

/** One thread: plays every n-th batch. */
async function work({ from, seeds, index, workers, streams }) {
  const { play, shrink, report } = await simulator(streams)
  for (let first = index * batch; first < seeds; first += workers * batch) {
    const last = Math.min(first + batch, seeds)
    for (let seed = from + first; seed < from + last; seed += 1) {
      const result = await play({ seed })
      if (result.violation) parentPort.postMessage({ failed: seed, text: report(await shrink(result)) })
    }
    parentPort.postMessage({ played: last - first })
  }
}

function playAll({ from, seeds, workers, streams }) {
  let played = 0
  const failed = []
  const began = performance.now()
  const progress = setInterval(() => {
    const rate = Math.round(played / ((performance.now() - began) / 1000))
    process.stderr.write(`${played} of ${seeds} seeds, ${rate} a second, ${failed.length} failed\n`)
  }, 10_000)
  const threads = Array.from({ length: workers }, (_, index) => {
    const worker = new Worker(self, {
      workerData: { from, seeds, index, workers, streams },
      execArgv: [condition],
      resourceLimits,
    })
    worker.on('message', (message) => {
      played += message.played ?? 0
      if (message.failed === undefined) return
      failed.push(message.failed)
      if (failed.length <= maxReports) console.log(`${message.text}\n`)
    })
    return new Promise((resolve, reject) => {
      worker.once('error', reject)
      worker.once('exit', resolve)
    })
  })
  return Promise.all(threads)
    .finally(() => clearInterval(progress))
    .then(() => {
      const seconds = ((performance.now() - began) / 1000).toFixed(0)
      console.log(
        `${played} seeds from ${from} in ${seconds} s: ${failed.length === 0 ? 'every invariant holds' : `failed: ${failed.join(' ')}`}`,
      )
      return failed.length === 0 ? 0 : 1
    })
}

async function playOne(seed, streams) {
  const { play, shrink, report } = await simulator(streams)
  const result = await play({ seed, trace: true })
  console.log(result.violation ? report(await shrink(result)) : [...result.trace, report(result)].join('\n'))
  return result.violation ? 1 : 0
}

if (!isMainThread) await work(workerData)
else {
  await main(async () => {
    const { values } = parseArgs({
      options: {
        seeds: { type: 'string', default: '10000' },
        from: { type: 'string', default: '0' },
        workers: { type: 'string', default: String(availableParallelism()) },
        seed: { type: 'string' },
        streams: { type: 'boolean', default: false },
      },
    })
    if (!process.execArgv.includes(condition)) {
      await install()
      return run(node(), [condition, path.relative(root, self), ...process.argv.slice(2)])
    }
    if (values.seed !== undefined) return playOne(number(values.seed, 'seed'), values.streams)
    const workers = Math.max(1, number(values.workers, 'workers'))
    const { streams } = values
    return playAll({ from: number(values.from, 'from'), seeds: number(values.seeds, 'seeds'), workers, streams })
  })
}
