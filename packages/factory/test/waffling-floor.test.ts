/** A floor whose agents go in circles in the ways that agents do, and one that only waits: what is done about each. */
import path from 'node:path'
import type { Part, SessionView } from '@headrace/core'
import { expect, onTestFinished, test } from 'vitest'
import {
  askFloor,
  chooseArm,
  defaultTestGlobs,
  floorOf,
  makeDemoRepository,
  openFloor,
  orderOf,
  scriptedAgent,
  watchNotes,
  type Floor,
  type FloorDocument,
  type LaneConfig,
  type Rung,
  type ScriptStep,
  type Task,
  type WafflingVerdict,
} from '../src/index.ts'
import { armsOf } from '../src/lane/lane-arms.ts'
import { testFolder, workTree } from './support/git-repository.ts'
import { SessionsServer } from './support/sessions-server.ts'

function lane(name: string, steps: readonly ScriptStep[], more: Partial<LaneConfig> = {}): LaneConfig {
  return {
    name,
    kind: 'feature',
    oversight: 'merge',
    wip: 1,
    rules: [],
    rounds: 2,
    attemptMs: 60_000,
    mandate: { text: 'Do it.', oversight: 'merge', surfaces: [], test: 'node --test' },
    landing: {
      protectedPaths: ['package.json'],
      allowed: [],
      forbidden: [],
      testGlobs: defaultTestGlobs,
      budget: { files: 10, lines: 300, fileBytes: 100_000, newDependencies: 0 },
      guardPolicy: {},
      gate: { test: { argv: ['node', '--test'], timeoutMs: 60_000 } },
    },
    agent: scriptedAgent(name, () => ({ turns: [steps] })),
    ...more,
  }
}

const run = (...argv: readonly string[]): ScriptStep => ({ do: 'run', argv })
const builds: readonly ScriptStep[] = [
  { ...run('sh', '-c', 'sleep 0.01; echo still running'), times: 50 },
  { do: 'write', path: 'src/built.js', text: 'export const built = true\n' },
  { do: 'say', text: 'Built.' },
]
const look = run('cat', 'src/list.js')
const lanes: readonly LaneConfig[] = [
  lane('same', [], {
    // The last one is told once, and then does nothing that anybody could object to.
    agent: scriptedAgent('same', ({ cwd }) => ({
      turns: [
        cwd.includes('t1-4')
          ? [
              { ...look, times: 4 },
              { do: 'wait', ms: 600_000 },
            ]
          : [{ ...look, times: 40 }],
      ],
    })),
  }),
  lane('talks', [{ do: 'say', text: 'First I would look at the list, and then think about it.' }]),
  lane('lies', [run('node', '--test', 'nowhere.test.js'), { do: 'say', text: 'Done: it is fixed, all tests pass.' }]),
  lane(
    'churns',
    Array.from({ length: 20 }, (): readonly ScriptStep[] => [
      { do: 'write', path: 'probe.js', text: 'probe()\n' },
      { do: 'remove', path: 'probe.js' },
    ]).flat(),
  ),
  lane('waits', builds, { agents: [{ agent: scriptedAgent('also-waits', () => ({ turns: [builds] })), model: 'm' }] }),
  lane('free', [{ ...look, times: 40 }], { waffling: { highest: 'off' } }),
]

const isOver = ({ state }: Task): boolean => state.status === 'done' || state.status === 'parked'

test('J9 T2b J6 J7 J8 J1c who goes in circles is told, replaced with the lesson, given up and parked, and who waits is left alone', async () => {
  const folder = testFolder()
  const origin = path.join(folder, 'origin')
  await makeDemoRepository(origin)
  const server = new SessionsServer()
  const opened: Floor[] = []
  const open = async (): Promise<Floor> => {
    const next = await openFloor({
      ...server.reach,
      name: 'test',
      folder: path.join(folder, 'floor'),
      origin,
      base: 'main',
      config: () => ({ lanes }),
      leaseMs: 1_500,
      onError: () => undefined,
    })
    opened.push(next)
    return next
  }
  const floor = await open()
  onTestFinished(async () => {
    for (const each of opened) await each.close()
    await server[Symbol.asyncDispose]()
  })
  const client = await server.client('ada')
  const session = client.session(floor.sessions.floor)
  const until = async (holds: (floor: FloorDocument) => boolean): Promise<FloorDocument> => {
    const { view } = await session.until(({ view: { document } }) => holds(floorOf(document.value)))
    return floorOf(view.document.value)
  }
  for (const { name } of lanes) await askFloor(session, { ask: 'add-task', title: name, lane: name })
  // One attempt of these shows all that there is to see.
  for (const name of ['talks', 'lies', 'churns', 'free']) await askFloor(session, { ask: 'pause-lane', lane: name })
  const end = await until(
    ({ tasks }) =>
      isOver(tasks['T1'] as Task) &&
      isOver(tasks['T5'] as Task) &&
      ['T2', 'T3', 'T4', 'T6'].every((id) => (tasks[id]?.attempts.length ?? 0) > 0),
  )
  const of = (id: string): Task => end.tasks[id] as Task

  // From the foot of the ladder to a person, over three attempts.
  expect(of('T1').attempts).toMatchObject([
    { outcome: 'replaced', failure: 'waffling', why: expect.stringMatching(/^It went in circles: same call, same/) },
    { outcome: 'nuked', failure: 'waffling' },
    {
      outcome: 'parked',
      failure: 'waffling',
      waffling: { rung: 'park', kinds: expect.arrayContaining(['same-call']) },
    },
  ])
  expect(of('T1').state).toMatchObject({ status: 'parked', why: expect.stringContaining('same call, same output') })
  // What each attempt did can be had back.
  const away = await floor.clones.quarantined()
  expect(away.map(({ id }) => id)).toEqual(expect.arrayContaining(['t1-1', 't1-2', 't1-3']))

  // The evidence is on the lane, and the next attempt was told the lesson.
  const { view } = await client.session(floor.sessions.lane('same')).until(({ status }) => status === 'live')
  const verdicts = view.messages
    .flatMap(({ parts }) => parts)
    .flatMap((part) =>
      part.kind === 'data' && part.name === watchNotes.verdict ? [part.value as unknown as WafflingVerdict] : [],
    )
  expect(verdicts.map(({ rung }) => rung)).toEqual(['nudge', 'narrow', 'fresh', 'nuke', 'park'])
  expect(verdicts[0]?.evidence[0]).toMatch(/^same call, same output, \d(?:th|rd) time; diff unchanged/)
  const orders = view.messages
    .flatMap(({ parts }) => parts)
    .filter((part) => part.kind === 'data' && part.name === 'factory.attempt')
  expect(orders).toMatchObject([
    { value: { lessons: [] } },
    { value: { rungs: 3, lessons: [expect.stringContaining('replaced: It went in circles')] } },
    { value: { rungs: 4 } },
  ])

  expect(of('T2').attempts[0]).toMatchObject({
    outcome: 'replaced',
    why: expect.stringContaining('words and no change'),
  })
  expect(of('T3').attempts[0]).toMatchObject({
    outcome: 'replaced',
    why: expect.stringContaining('nothing has changed'),
  })
  expect(of('T4').attempts[0]).toMatchObject({
    outcome: 'replaced',
    why: expect.stringMatching(/calls in turn|probe\.js/),
  })
  // A person or the gate decides of one whose lane does not judge.
  expect(of('T6').attempts[0]).toMatchObject({ outcome: 'empty' })
  expect(of('T5')).toMatchObject({ state: { status: 'done' }, attempts: [{ outcome: 'merged' }] })
  expect(of('T5').attempts[0]).not.toHaveProperty('waffling')
  // One of its two agents was chosen, and why; the gate's facts say what that was worth.
  const chosen = chooseArm({ arms: armsOf(lanes[4] as LaneConfig), tried: [], seed: `${floor.sessions.floor} T5.1` })
  expect(of('T5').attempts[0]).toMatchObject({ arm: chosen.arm, agent: chosen.arm.agent, reward: 0.8 })
  const waits = await client.session(floor.sessions.lane('waits')).until(({ status }) => status === 'live')
  expect(orderOf(waits.view.messages[0], waits.view.id)).toMatchObject({ choice: chosen, arm: chosen.arm })
  expect(workTree(origin, { init: false }).git('show', 'main:src/built.js')).toContain('built')

  // It was right to do that, says the operator; or it was not, and that is kept.
  const overruled = await askFloor(session, { ask: 'overrule', task: 'T1', reason: 'It counts the lines.' })
  expect(overruled).toMatchObject({ outcome: 'accepted', task: 'T1', said: expect.stringContaining('tried again') })
  const again = await until(({ tasks }) => tasks['T1']?.state.status === 'working')
  expect(again.tasks['T1']?.overrules).toMatchObject([
    { attempt: 3, rung: 'park', by: 'user:ada', reason: 'It counts the lines.', kinds: ['same-call'] },
  ])
  // Whoever looks at the floor sees how far it is.
  const isAt = (rung: Rung) => (document: FloorDocument) => {
    const state = document.tasks['T1']?.state
    return state?.status === 'working' && state.waffling?.rung === rung
  }
  await until(isAt('nudge'))
  const lane = client.session(floor.sessions.lane('same'))
  const partsOfIt = ({ runs, messages }: SessionView): readonly Part[] => {
    const run = runs.findLast(({ status }) => status !== 'ended')
    return messages.filter((message) => message.run === run?.id).flatMap(({ parts }) => parts)
  }
  // It was told, and has looked as often again.
  await lane.until(({ view: seen }) => partsOfIt(seen).filter(({ kind }) => kind === 'tool').length >= 8)
  await floor.close()
  await open()
  // Another process goes on where that one was: it is told the second time, and not the first time again.
  await until(isAt('narrow'))
  // While an attempt works its verdict is taken back in the lane as well.
  await askFloor(session, { ask: 'overrule', task: 'T1', reason: 'Let it.' })
  const isOverruled = (part: Part): boolean => part.kind === 'data' && part.name === watchNotes.overruled
  const { view: after } = await lane.until(({ view: seen }) => partsOfIt(seen).some(isOverruled))
  // It may be judged anew since.
  const before = partsOfIt(after).slice(0, partsOfIt(after).findIndex(isOverruled))
  const told = before.flatMap((part) => (part.kind === 'data' && part.name === watchNotes.verdict ? [part.value] : []))
  expect(told).toMatchObject([
    { verdict: 1, rung: 'nudge' },
    { verdict: 2, rung: 'narrow' },
  ])
})
