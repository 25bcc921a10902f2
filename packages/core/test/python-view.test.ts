/**
 * PROTOCOL.md says how a client keeps its own view. The example in Python was written from it and shares no code with the
 * fold, so where the two differ one of them does not do what the page says.
 */
import { execFile, spawnSync } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { visibleEvent, visibleView, type Grant, type SessionView } from '../src/index.ts'
import { randomLog } from './random-log.ts'
import { bob, foldAll, grantOf, roundTrip } from './support.ts'

const file = fileURLToPath(new URL('../../../examples/python-reader/view.py', import.meta.url))
const missing = spawnSync('python3', ['--version']).error ? 'python3 is not installed' : undefined
if (missing !== undefined && process.env['CI']) throw new Error(missing)

/** `HEADRACE_PROPERTY_RUNS=2000 npx vitest run packages/core/test/python-view.test.ts` looks longer. */
const numRuns = Number(process.env['HEADRACE_PROPERTY_RUNS'] ?? 10)

/** What the program folds each list of events to. */
function foldInPython(logs: readonly (readonly object[])[]): Promise<readonly SessionView[]> {
  return new Promise((resolve, reject) => {
    const child = execFile('python3', [file, '-'], { maxBuffer: 1 << 30 }, (failed, stdout) => {
      if (failed) reject(new Error('python3 failed', { cause: failed }))
      else
        resolve(
          stdout
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line) as SessionView),
        ) // what the test compares
    })
    child.stdin?.end(logs.map((log) => `${log.map((event) => JSON.stringify(event)).join('\n')}\n\n`).join(''))
  })
}

const readers: readonly Grant[] = [bob, grantOf('operator:sue')]

describe.skipIf(missing !== undefined)(`a client's own view in Python${missing ? `: ${missing}` : ''}`, () => {
  test('S1 L7 W4 it is the view of the server, for every reader', { timeout: 600_000 }, async () => {
    const lives = fc.sample(fc.integer(), numRuns).map((seed) => ({ seed, log: randomLog(seed) }))
    const types = (): number => new Set(lives.flatMap(({ log }) => log.map(({ type }) => type))).size
    // So many more that every rule of the program is followed.
    for (let seed = 0; seed < 200 && types() < 49; seed += 1) lives.push({ seed, log: randomLog(seed) })
    expect(types()).toBe(49)

    const cases = lives.flatMap(({ seed, log }) => readers.map((reader) => ({ seed, log, reader })))
    const seen = cases.map(({ log, reader }) => log.map((event) => visibleEvent(event, reader)))
    const views = await foldInPython(seen)
    for (const [index, { log, reader, seed }] of cases.entries()) {
      const view = visibleView(foldAll(log).view, reader)
      const own = { ...views[index], id: view.id }
      if (!isDeepStrictEqual(own, roundTrip(view))) expect(own, `${reader.actor}, seed ${seed}`).toEqual(view)
    }
    expect(views.some(({ olderFor }) => olderFor !== undefined)).toBe(true)
  })
})
