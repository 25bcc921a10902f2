import { createHash } from 'node:crypto'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setImmediate as turnOfTheLoop } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { AgentRun, Chunk } from '@headrace/client/agent'
import type { Json, Part, SessionView } from '@headrace/core'
import { afterAll, describe, expect, test } from 'vitest'
import {
  AttemptWatch,
  loadPlugins,
  watchNotes,
  type DetectorFailed,
  type Lane,
  type Plugins,
  type SlowDetector,
  type Step,
  type StepFinding,
  type StepVerdict,
  type WafflingVerdict,
  type WantedPlugin,
} from '@headrace/factory'
import { namedFindings } from '../src/detect/named-findings.ts'
import { floorSessions } from '../src/foreman/sessions.ts'
import { AttemptJudgement } from '../src/lane/attempt-judgement.ts'
import { testFolder } from './support/git-repository.ts'
import { SessionsServer } from './support/sessions-server.ts'

const finding = (weight: number, evidence = 'a fact'): StepFinding => ({ kind: 'rule', score: 1, weight, evidence })
const verdict = (...findings: readonly StepFinding[]): StepVerdict => ({
  step: 0,
  score: 1,
  flagged: true,
  waiting: false,
  findings,
  stop: true,
})

let calls = 0
/** A call that our own detector has nothing against. */
function call(): readonly [Chunk, Chunk] {
  const callId = `c${(calls += 1)}`
  const words = createHash('sha256').update(callId).digest('hex')
  const input = { path: `${words.slice(0, 20)}/${words.slice(20, 40)}.js` }
  return [
    { type: 'tool-call', callId, name: 'read', input },
    { type: 'tool-result', callId, output: words },
  ]
}

describe('X2f: what a detector of a plugin finds', () => {
  test('X2f: is told under its name, is bounded, and is nothing where it says that the agent waits', () => {
    const many = [finding(0.2), finding(9, 'x\n'.repeat(1_000)), finding(0), finding(0.5), finding(0.4)]
    const found = namedFindings('deep', verdict(...many, { ...finding(0.3), score: 7 }))
    expect(found.map(({ weight }) => weight)).toEqual([1, 0.5, 0.4])
    expect(found[0]?.evidence).toMatch(/^deep: x x x .*…$/)
    expect(found[0]?.evidence.length).toBeLessThan(320)
    expect(namedFindings('deep', verdict({ ...finding(1), score: 7 }))[0]?.score).toBe(1)
    expect(namedFindings('deep', { ...verdict(finding(1)), waiting: true })).toEqual([])
  })

  /** Asked about each step; it answers when the test lets it. */
  function watched(taken = 0) {
    const asked: ((findings: readonly StepFinding[]) => void)[] = []
    const watch = new AttemptWatch({ taken, onStep: (_step, found) => asked.push(found) })
    const step = (): WafflingVerdict | undefined => {
      const [begin, end] = call()
      watch.hear(begin)
      return watch.hear(end)
    }
    return { asked, watch, step }
  }

  test('X2f: counts with the next step, on the same ladder', () => {
    const { asked, watch, step } = watched()
    step()
    asked[0]?.([finding(1, 'deep: one')])
    expect(watch.ladder.pressure).toBe(0)
    expect(step()).toBeUndefined()
    expect(watch.takeCounted()).toMatchObject({ findings: [{ evidence: 'deep: one' }], ladder: { pressure: 1 } })
    expect(watch.takeCounted()).toBeUndefined()
    asked[1]?.([finding(1, 'deep: two')])
    expect(step()).toMatchObject({ rung: 'nudge', evidence: ['deep: two'], kinds: ['rule'] })
    // It stands in the verdict.
    expect(watch.takeCounted()).toBeUndefined()
  })

  test('X2f: counts no more where it comes after something was done, or before the agent has heard of it', () => {
    const { asked, watch, step } = watched()
    step()
    step()
    for (const found of asked) found([finding(1)])
    step()
    asked[2]?.([finding(1)])
    expect(step()?.rung).toBe('nudge')
    step()
    for (const found of asked) found([finding(1)])
    watch.turnEnded()
    step()
    expect(watch.ladder).toMatchObject({ pressure: 0, taken: 1 })
    const late = asked.at(-1)
    watch.overruled()
    late?.([finding(1)])
    step()
    expect(watch.ladder).toMatchObject({ pressure: 0, taken: 0 })
  })

  test('X2f J1c: says nothing against one that waits', () => {
    const { asked, watch, step } = watched()
    for (let n = 0; n < 20; n += 1) {
      const input = { title: 'sleep 30; tail -1 build.log', input: { command: 'sleep 30; tail -1 build.log' } }
      watch.hear({ type: 'tool-call', callId: `w${n}`, name: 'execute', input })
      watch.hear({ type: 'tool-result', callId: `w${n}`, output: `built ${n} of 20` })
      // Nobody can see of the first time that it waits.
      if (n > 0) asked.at(-1)?.([finding(1)])
    }
    step()
    expect(watch.ladder).toMatchObject({ pressure: 0, taken: 0 })
  })

  test('X2f J8: is told again from the session, and the attempt is where it was', () => {
    const parts: Part[] = []
    const { asked, watch } = watched()
    const keep = (part: object): void => void parts.push({ id: String(parts.length), ...part } as Part) // each has what its kind has
    for (let n = 0; n < 6; n += 1) {
      const [begin, end] = call()
      if (begin.type !== 'tool-call' || end.type !== 'tool-result') continue
      watch.hear(begin)
      const said = watch.hear(end)
      keep({ kind: 'tool', callId: begin.callId, name: 'read', text: '', input: begin.input, output: end.output })
      const counted = watch.takeCounted()
      if (counted) keep({ kind: 'data', name: watchNotes.found, value: counted as unknown as Json })
      if (said) keep({ kind: 'data', name: watchNotes.verdict, value: said as unknown as Json })
      if (n < 4) asked[n]?.([finding(0.4)])
    }
    expect(watch.ladder.pressure).toBeGreaterThan(1)
    const again = new AttemptWatch({ onStep: (_step, found) => asked.push(found) })
    expect(again.resume(parts)).toBeUndefined()
    expect(again.ladder).toEqual(watch.ladder)
    // It is shown what was there before, and what it says of that was counted then.
    for (const found of asked.slice(6)) found([finding(1)])
    for (const chunk of call()) again.hear(chunk)
    expect(again.ladder.pressure).toBeLessThan(watch.ladder.pressure)
  })
})

const opened: Plugins[] = []
const server = new SessionsServer()
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  for (const plugins of opened) await plugins.close()
})

async function load(root: string, plugins: readonly WantedPlugin[]): Promise<Plugins> {
  const made = await loadPlugins({ plugins, roots: [root], never: [] })
  expect(made.refused).toEqual([])
  opened.push(made)
  return made
}

interface Judged {
  readonly judgement: AttemptJudgement
  /** Opens it as another process does that takes the attempt over, once the session holds so many failures. */
  readonly again: (failures: number) => Promise<AttemptJudgement>
  readonly notes: readonly { readonly name: string; readonly value: Json }[]
  /** Resolves when so many notes of that name were written. */
  readonly noted: (name: string, count?: number) => Promise<void>
  /** Writes what the agent does and has it judged, as a lane does. */
  readonly hear: (...chunks: readonly Chunk[]) => Promise<void>
}

const failuresIn = ({ messages }: SessionView): number =>
  messages.flatMap(({ parts }) => parts).filter((part) => part.kind === 'data' && part.name === watchNotes.failed)
    .length

/** Judges what the story tells in a real run, with a real session. */
async function judge(
  name: string,
  detectors: () => readonly SlowDetector[],
  story: (it: Judged) => Promise<void>,
): Promise<readonly Part[]> {
  const lane: Lane = {
    name,
    agent: { name: 'none', start: () => Promise.reject(new Error('nobody starts it')) },
    mandate: { text: 'm', oversight: 'merge', surfaces: [], test: 'npm test' },
    rules: [],
    detectors,
  }
  const sessions = floorSessions(name)
  const session = sessions.lane(name)
  const over = Promise.withResolvers<void>()
  const client = await server.client(sessions.crew.runner, 'agent')
  await server.worker(sessions.crew.runner, async (run) => {
    const notes: { name: string; value: Json }[] = []
    const watchers = new Set<() => void>()
    const open = (from: Pick<AgentRun, 'id' | 'view'>): Promise<AttemptJudgement> =>
      AttemptJudgement.open({
        run: from as AgentRun, // no more of it is looked at
        order: { task: 'T1', attempt: 1, title: 't', body: '', acceptance: [], lessons: [] },
        lane,
        clone: testFolder(),
        client,
        sessions,
        now: () => 0,
        async note(note, value) {
          await run.write({ type: 'data', name: note, value })
          notes.push({ name: note, value })
          for (const look of watchers) look()
        },
      })
    const judgement = await open(run)
    const noted = (note: string, count = 1): Promise<void> => {
      const { promise, resolve } = Promise.withResolvers<void>()
      const look = (): void => {
        if (notes.filter((one) => one.name === note).length >= count) resolve()
      }
      watchers.add(look)
      look()
      return promise
    }
    try {
      const hear = async (...chunks: readonly Chunk[]): Promise<void> => {
        for (const chunk of chunks) {
          await run.write(chunk)
          await judgement.hear(chunk)
        }
      }
      const again = async (failures: number): Promise<AttemptJudgement> => {
        const { view } = await client.session(session).until((seen) => failuresIn(seen.view) === failures)
        return open({ id: run.id, view })
      }
      await story({ judgement, again, notes, noted, hear })
      over.resolve()
    } catch (thrown) {
      over.reject(thrown)
    } finally {
      judgement.close()
    }
  })
  const person = await server.client('ada')
  const view = person.session(session)
  await person.session(sessions.floor).create({ agent: sessions.crew.foreman, policy: 'queue' })
  await view.create({ agent: sessions.crew.runner, policy: 'queue' })
  await view.send({ agent: sessions.crew.runner, text: 'Go' })
  await over.promise
  const seen = await view.until(({ view: now }) => now.runs.some(({ status }) => status === 'ended'))
  return seen.view.messages.flatMap(({ parts }) => parts)
}

test('X2f: the detector of a package judges an attempt in its thread, beside our own, and its name is in the lane', async () => {
  const root = testFolder()
  const example = 'headrace-example-same-file-detector'
  mkdirSync(path.join(root, 'node_modules'))
  symlinkSync(
    fileURLToPath(new URL('../../../examples/plugins/same-file-detector', import.meta.url)),
    path.join(root, 'node_modules', example),
  )
  const plugins = await load(root, [{ package: example, settings: { times: 2 } }])
  let answered = Promise.withResolvers<void>()
  const detectors = (): readonly SlowDetector[] =>
    plugins.detectors().map((detector) => ({
      name: detector.name,
      async step(step) {
        const said = await detector.step(step)
        answered.resolve()
        return said
      },
      close: () => detector.close(),
    }))
  const parts = await judge('same', detectors, async ({ judgement, hear }) => {
    for (let n = 0; n < 12 && !judgement.hasWords; n += 1) {
      // In between it looks at something else each time: for our own detector that is no repetition.
      const chunks: readonly Chunk[] =
        n % 2 === 1
          ? call()
          : [
              { type: 'tool-call', callId: `same${n}`, name: 'read', input: { path: 'README.md' } },
              { type: 'tool-result', callId: `same${n}`, output: `words ${'of the page '.repeat(n)}` },
            ]
      answered = Promise.withResolvers()
      await hear(...chunks)
      await answered.promise
      await turnOfTheLoop()
    }
    expect(judgement.takeWords()).toContain('same-file: the same file, read')
  })
  const said = parts.flatMap((part) =>
    part.kind === 'data' && part.name === watchNotes.verdict ? [part.value as unknown as WafflingVerdict] : [],
  )
  expect(said).toMatchObject([{ rung: 'nudge', kinds: expect.arrayContaining(['rule']) as unknown }])
  expect(said[0]?.evidence.join()).toMatch(/same-file: the same file, read \d times, and nothing was edited/)
  expect(parts.some((part) => part.kind === 'data' && part.name === watchNotes.found)).toBe(true)
})

/** Still at it when the attempt is over: nobody waits for it, and that it is ended then is no failure. */
function endless(): SlowDetector {
  const { promise, reject } = Promise.withResolvers<StepVerdict>()
  return { name: 'endless', step: () => promise, close: () => Promise.resolve(reject(new Error('It was closed.'))) }
}

test('X2g: one that throws, hangs or answers garbage is named once and asked no more; no step waits, and the attempt goes on', async () => {
  const root = testFolder()
  const bodies = {
    thrower: "throw new Error('no idea')",
    sleepy: 'for (;;);',
    liar: "return { step: 0, score: 1, flagged: true, waiting: false, findings: [{ kind: 'rule', weight: -1 }], stop: false }",
  }
  for (const [name, body] of Object.entries(bodies)) {
    const folder = path.join(root, 'node_modules', name)
    mkdirSync(folder, { recursive: true })
    const headrace = { plugin: './plugin.js', kind: 'detector' }
    writeFileSync(
      path.join(folder, 'package.json'),
      JSON.stringify({ name, version: '1.0.0', type: 'module', headrace }),
    )
    const about = `interface: 1, kind: 'detector', name: '${name}', version: '1.0.0', about: 'x'`
    writeFileSync(
      path.join(folder, 'plugin.js'),
      `export const plugin = { ${about}, create: () => ({ name: '${name}', step() { ${body} } }) }`,
    )
  }
  const names = Object.keys(bodies)
  const plugins = await load(
    root,
    names.map((name) => ({ package: name, ...(name === 'sleepy' && { timeoutMs: 2_000 }) })),
  )
  const asked: string[] = []
  const detectors = (): readonly SlowDetector[] => [
    endless(),
    ...plugins.detectors().map((detector) => ({
      name: detector.name,
      step(step: Step) {
        asked.push(detector.name)
        return detector.step(step)
      },
      close: () => detector.close(),
    })),
  ]
  const parts = await judge('failing', detectors, async ({ judgement, again, notes, noted, hear }) => {
    for (let n = 0; n < 10; n += 1) {
      await hear(
        { type: 'tool-call', callId: `l${n}`, name: 'execute', input: { command: 'cat a' } },
        { type: 'tool-result', callId: `l${n}`, output: 'the same' },
      )
    }
    expect(judgement.takeWords()).not.toBe('')
    await noted(watchNotes.failed, 3)
    await hear(...call())
    const failed = notes.filter(({ name }) => name === watchNotes.failed)
    const whys = new Map(
      failed.map(({ value }) => value as unknown as DetectorFailed).map((one) => [one.detector, one.why]),
    )
    expect([...whys.keys()].toSorted()).toEqual(names.toSorted())
    expect(whys.get('thrower')).toBe('The plugin thrower 1.0.0 failed: no idea.')
    expect(whys.get('sleepy')).toContain('The plugin sleepy 1.0.0 took longer than 2 s')
    expect(whys.get('liar')).toContain('the verdict of liar')
    expect(asked.toSorted()).toEqual(names.toSorted())
    // Who takes the attempt over asks none of them either.
    const taken = await again(names.length)
    for (const chunk of call()) await taken.hear(chunk)
    taken.close()
    expect(asked).toHaveLength(names.length)
  })
  expect(parts.filter((part) => part.kind === 'data' && part.name === watchNotes.failed)).toHaveLength(names.length)
})
