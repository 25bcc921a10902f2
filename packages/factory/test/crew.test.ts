/** A whole crew in this process with what goes wrong on real floors: what an operator sees of it, and what is left. */
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import type { Client, SessionSnapshot } from '@headrace/client'
import type { Request } from '@headrace/core'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  acpAgent,
  askFloor,
  emptyFloor,
  floorOf,
  makeDemoRepository,
  openFloor,
  processesOf,
  scriptedAgent,
  type AcpLimits,
  type Floor,
  type FloorDocument,
  type LaneConfig,
  type OpenFloorOptions,
  type ScriptStep,
} from '@headrace/factory'
import { crowd } from './support/crowd.ts'
import { testFolder, workTree, type WorkTree } from './support/git-repository.ts'
import { Line } from './support/line.ts'
import { SessionsServer } from './support/sessions-server.ts'

interface Made {
  readonly floor: Floor
  readonly client: Client
  readonly origin: WorkTree
  readonly folder: string
  /** Puts a task into the lane. */
  add(lane: string): Promise<void>
  ask(request: Parameters<typeof askFloor>[1]): ReturnType<typeof askFloor>
  until(holds: (document: FloorDocument) => boolean): Promise<FloorDocument>
  /** Another crew for the same floor. */
  another(): Promise<Floor>
}

/** A floor on which a task is tried once. */
async function open(
  lanes: readonly LaneConfig[],
  {
    folder = mkdtempSync(path.join(tmpdir(), 'headrace-crew-')),
    line = new Line(),
    ...more
  }: { readonly folder?: string; readonly line?: Line } & Partial<OpenFloorOptions> = {},
): Promise<Made & AsyncDisposable> {
  const origin = path.join(folder, '../', `${path.basename(folder)}-origin`)
  await makeDemoRepository(origin)
  const server = new SessionsServer()
  const opened: Floor[] = []
  const another = async (): Promise<Floor> => {
    const next = await openFloor({
      ...server.reach,
      WebSocket: line.over(server.reach.WebSocket),
      name: 'test',
      folder,
      origin,
      base: 'main',
      leaseMs: 1_500,
      onError: () => undefined,
      config: () => ({ lanes }),
      ...more,
    })
    opened.push(next)
    return next
  }
  const floor = await another()
  const client = await server.client('ada')
  const session = client.session(floor.sessions.floor)
  await session.until(({ status }) => status === 'live')
  await session.patch([{ op: 'add', path: '', value: { ...emptyFloor, maxAttempts: 1 } as never }])
  return {
    floor,
    client,
    origin: workTree(origin, { init: false }),
    folder,
    another,
    ask: (request) => askFloor(session, request),
    async add(lane) {
      await askFloor(session, { ask: 'add-task', title: lane, lane, kind: 'feature' })
    },
    async until(holds) {
      const { view } = await session.until(({ view: { document } }) => holds(floorOf(document.value)))
      return floorOf(view.document.value)
    },
    async [Symbol.asyncDispose]() {
      for (const each of opened) await each.close()
      await server[Symbol.asyncDispose]()
      for (const place of [origin, folder]) rmSync(place, { recursive: true, force: true })
    },
  }
}

const landing: LaneConfig['landing'] = {
  protectedPaths: ['package.json'],
  allowed: [],
  forbidden: [],
  testGlobs: ['test/**'],
  budget: { files: 10, lines: 300, fileBytes: 100_000, newDependencies: 0 },
  guardPolicy: {},
  gate: { test: { argv: ['node', '--test'], timeoutMs: 4_000 } },
}

function lane(name: string, agent: LaneConfig['agent']): LaneConfig {
  const mandate = {
    text: 'Do it. Success: the suite is green.',
    oversight: 'merge',
    surfaces: [],
    test: 'node',
  } as const
  return {
    name,
    kind: 'feature',
    oversight: 'merge',
    wip: 1,
    rules: [],
    rounds: 1,
    landing,
    mandate,
    agent,
    attemptMs: 60_000,
  }
}

function plays(name: string, steps: readonly ScriptStep[], limits?: AcpLimits): LaneConfig {
  return lane(
    name,
    scriptedAgent(name, () => ({ turns: [steps] }), limits),
  )
}

const adds = (name: string): ScriptStep => ({
  do: 'write',
  path: `src/${name}.js`,
  text: `export const a = '${name}'\n`,
})
const tests = (name: string, body: string): ScriptStep => ({
  do: 'write',
  path: `test/${name}.test.js`,
  text: `import { test } from 'node:test'\ntest('${name}', async () => {\n${body}\n})\n`,
})
const isSettled = ({ tasks }: FloorDocument): boolean =>
  Object.values(tasks).every(({ state }) => state.status === 'done' || state.status === 'parked')

describe('F8e: agents and changes that go wrong, each in a lane of one floor', () => {
  const lanes = [
    lane('missing', acpAgent({ name: 'missing', argv: () => ['/nowhere/agent'] })),
    plays('garbage', [
      { do: 'garbage', text: 'Hello!\n'.repeat(10) },
      { do: 'exit', count: 0 },
    ]),
    plays('exits', [{ do: 'exit', count: 3 }]),
    plays('silent', [{ do: 'hang' }], { silenceMs: 1_500 }),
    plays('floods', [{ do: 'flood', count: 3_000_000 }], { maxBytes: 1_000_000 }),
    plays('forks', [{ do: 'daemon', ms: 600_000 }, adds('forks')]),
    plays('hangs', [tests('hangs', '  await new Promise((resolve) => setTimeout(resolve, 600_000))')]),
    plays('prints', [
      tests('prints', "  for (let n = 0; n < 1_000; n += 1) process.stdout.write('x'.repeat(1_000_000))"),
    ]),
    plays('dials', [tests('dials', "  await fetch('http://192.0.2.1/')")]),
  ]
  const whys = new Map<string, string>()
  let left: readonly unknown[] = [undefined]

  beforeAll(async () => {
    await using made = await open(lanes)
    for (const { name } of lanes) await made.add(name)
    const end = await made.until(
      (document) => Object.keys(document.tasks).length === lanes.length && isSettled(document),
    )
    for (const { title, state } of Object.values(end.tasks)) {
      whys.set(title, `${state.status}: ${state.status === 'parked' ? state.why : ''}`)
    }
    left = await processesOf(made.folder)
  })

  test.each([
    // In a sandbox it is the sandbox that does not find it.
    [
      'missing',
      /^parked: 1 attempts, the last one failed: .*(\/nowhere\/agent could not be started.*ENOENT|execvp \/nowhere\/agent: No such file)/,
    ],
    ['garbage', /^parked: 1 attempts, the last one failed: The agent failed: it /],
    ['exits', /^parked: 1 attempts, the last one failed: The agent failed: it ended with code 3/],
    ['silent', /^parked: 1 attempts, the last one failed: The agent failed: it said nothing for 1.5 s/],
    ['floods', /^parked: 1 attempts, the last one failed: The agent failed: it said more than 1000000 bytes/],
    ['forks', /^done: $/],
    ['hangs', /^parked: 1 attempts, the last one rejected: .*the time it may take/],
    ['prints', /^parked: 1 attempts, the last one rejected: .*(1 failed|the most it may give|the time it may take)/],
    ['dials', /^parked: 1 attempts, the last one rejected: .*1 failed/],
  ])('F8e an agent or a test that %s', (name, why) => {
    expect(whys.get(name)).toMatch(why)
  })

  test('F7a and no process of any of them is left', () => {
    expect(left).toEqual([])
  })
})

test('F1g a base that is red holds the floor, says which test, and goes on when it is repaired', async () => {
  await using made = await open([plays('good', [adds('good')])])
  const text = "import { test } from 'node:test'\ntest('old', () => {\n  throw new Error('rot')\n})\n"
  made.origin.write({ 'test/old.test.js': text })
  made.origin.commit('red')
  await made.add('good')
  const held = await made.until(({ mode }) => mode === 'paused')
  expect(held.modeWhy).toMatch(/^The base itself is not green: .*1 failed/)
  expect(held.tasks['T1']?.state).toMatchObject({ status: 'ready' })
  made.origin.write({ 'test/old.test.js': null })
  made.origin.commit('repaired')
  await made.ask({ ask: 'set-mode', mode: 'running' })
  const end = await made.until(isSettled)
  expect(end.tasks['T1']?.state).toMatchObject({ status: 'done' })
})

test('F1g what a folder of the base branch with changes in it does not take waits, and is merged when they are gone', async () => {
  await using made = await open([plays('good', [{ do: 'write', path: 'README.md', text: '# pebble\n\nNew.\n' }])])
  made.origin.write({ 'README.md': '# pebble\n\nMine, and not committed.\n' })
  await made.add('good')
  const merge = made.client.session(made.floor.sessions.merge)
  const asked = async (before?: string): Promise<Request> => {
    const open = ({ view }: SessionSnapshot): Request | undefined =>
      view.requests.find(({ id, status }) => status === 'open' && id !== before)
    const found = open(await merge.until((snapshot) => open(snapshot) !== undefined))
    if (!found) throw new Error('it was open a moment ago')
    return found
  }
  const first = await asked()
  expect(first.spec.title).toMatch(/^T1 is green, and waits\. The origin does not take it: .*unstaged changes/)
  expect(made.origin.git('status', '--porcelain')).toBe('M README.md')
  // Whoever has put nothing right is asked again.
  await merge.approve(first)
  const second = await asked(first.id)
  made.origin.git('checkout', '--', 'README.md')
  await merge.approve(second)
  const end = await made.until(isSettled)
  expect(end.tasks['T1']).toMatchObject({ state: { status: 'done' }, attempts: [{ attempt: 1, outcome: 'merged' }] })
  expect(made.origin.git('status', '--porcelain')).toBe('')
  expect(made.origin.git('show', 'main:README.md')).toContain('New.')
})

test('F1g a base that was rewritten holds the floor and is named, and nothing is put on it', async () => {
  await using made = await open([plays('good', [adds('good')])])
  const before = made.origin.git('rev-parse', 'HEAD')
  made.origin.git('commit', '-q', '--amend', '-m', 'Another past')
  const after = made.origin.git('rev-parse', 'HEAD')
  await made.add('good')
  const held = await made.until(({ mode }) => mode === 'paused')
  expect(held.modeWhy).toContain(`The base branch was rewritten, from ${before} to ${after}`)
  expect(made.origin.git('rev-parse', 'main')).toBe(after)
  await made.floor.vault.acceptRewritten(after)
  await made.ask({ ask: 'set-mode', mode: 'running' })
  expect((await made.until(isSettled)).tasks['T1']?.state).toMatchObject({ status: 'done' })
})

test('F2d a full disk parks what can’t begin, says so, and it goes on when there is space', async ({ skip }) => {
  skip(process.platform !== 'linux' || process.getuid?.() !== 0, 'needs root on Linux to make a small disk')
  const disk = testFolder()
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk])
  try {
    await using made = await open([plays('good', [adds('good')])], { folder: path.join(disk, 'floor') })
    const filler = path.join(disk, 'filler')
    try {
      writeFileSync(filler, Buffer.alloc(16_000_000))
    } catch {
      // Full, as it is to be.
    }
    await made.add('good')
    const full = await made.until(({ tasks }) => tasks['T1']?.state.status === 'parked')
    expect(full.tasks['T1']?.attempts.at(-1)?.why).toMatch(/disk is full|No space left/)
    rmSync(filler)
    await made.ask({ ask: 'accept-task', task: 'T1' })
    const { tasks } = await made.until((document) => document.tasks['T1']?.attempts.length === 2)
    expect(tasks['T1']?.state, JSON.stringify(tasks)).toMatchObject({ status: 'done' })
  } finally {
    execFileSync('umount', ['--lazy', disk])
  }
})

test('F2d clones take no more of the disk than the files say, and when they say more it goes on', async () => {
  const proposes = { ...plays('good', [adds('good')]), oversight: 'propose' as const }
  const lanes = [{ ...proposes, mandate: { ...proposes.mandate, oversight: 'propose' as const } }]
  let clones = { maxBytes: 1, undoDays: 1 }
  await using made = await open(lanes, { config: () => ({ lanes, clones }) })
  await made.add('good')
  await made.until(({ tasks }) => tasks['T1']?.state.status === 'review')
  await made.add('good')
  const full = await made.until(({ tasks }) => tasks['T2']?.state.status === 'parked')
  expect(full.tasks['T2']?.attempts.at(-1)?.why).toMatch(/The clones use \d+ bytes of the 1 that they may use/)
  const [kept] = await made.floor.clones.quarantined()
  expect(Date.parse(kept?.until ?? '') - Date.parse(kept?.at ?? '')).toBe(86_400_000)
  clones = { ...clones, maxBytes: 1_000_000_000 }
  await made.ask({ ask: 'accept-task', task: 'T2' })
  await made.until(({ tasks }) => tasks['T2']?.state.status === 'review')
})

test('T1g tool calls end at the budget, to the call: in a burst, and while the server can’t be reached', async () => {
  const calls = (name: string, paceMs: number): LaneConfig => ({
    ...lane(
      name,
      scriptedAgent(name, () => ({ turns: [[{ do: 'run', argv: ['true'], times: 500 }]], paceMs })),
    ),
    budget: { toolCalls: 12 },
  })
  const line = new Line()
  await using made = await open([calls('burst', 0), calls('steady', 25)], { line, leaseMs: 20_000 })
  const made12 = async (name: string): Promise<void> => {
    const { view } = await made.client
      .session(made.floor.sessions.lane(name))
      .until(({ view: { runs } }) => runs[0]?.status === 'ended')
    const tools = view.messages.flatMap(({ parts }) => parts).filter(({ kind }) => kind === 'tool')
    expect(tools).toHaveLength(12)
    expect(view.runs[0]).toMatchObject({ reason: 'budget', detail: expect.stringContaining('12 of 12') as string })
  }
  await made.add('burst')
  await made12('burst')
  await made.add('steady')
  const { sessions } = made.floor
  await made.client
    .session(sessions.lane('steady'))
    .until(({ view }) => view.messages.some(({ parts }) => parts.some(({ kind }) => kind === 'tool')))
  line.cut()
  // Nobody can tell it that its budget is used up, and it has 500 calls to make.
  await expect.poll(() => processesOf(made.folder), { timeout: 8_000 * crowd() }).toEqual([])
  line.mend()
  await made12('steady')
  await made.until(isSettled)
})

test('F6c F8f stopping the floor: within 5 s no process of any lane is alive, and the floor says so', async () => {
  await using made = await open([
    plays('deaf', [
      { do: 'daemon', ms: 600_000 },
      { do: 'say', text: 'on and on', times: 1_000_000, deaf: true },
    ]),
    plays('hung', [{ do: 'say', text: 'begun' }, { do: 'hang' }]),
    plays('busy', [
      { do: 'say', text: 'begun' },
      { do: 'run', argv: ['sleep', '600'] },
    ]),
  ])
  for (const name of ['deaf', 'hung', 'busy']) await made.add(name)
  await expect
    .poll(async () => (await processesOf(made.folder)).map(({ command }) => command))
    .toEqual(expect.arrayContaining(['sleep 600']))
  const began = performance.now()
  await made.ask({ ask: 'set-mode', mode: 'stopped' })
  const end = await made.until(({ tasks }) => Object.values(tasks).every(({ state }) => state.status === 'ready'))
  await expect.poll(() => processesOf(made.folder), { interval: 20 }).toEqual([])
  expect(performance.now() - began).toBeLessThan(5_000 * crowd())
  expect(end.mode).toBe('stopped')
  expect(Object.values(end.tasks).map(({ attempts }) => attempts.at(-1)?.outcome)).toEqual([
    'cancelled',
    'cancelled',
    'cancelled',
  ])
  // What they did is put away, where it can be looked at.
  await expect.poll(() => made.floor.clones.quarantined()).toHaveLength(3)
  expect(await made.floor.clones.list()).toEqual([])
  const { shelf = [] } = await made.until((document) => document.shelf?.length === 3)
  const [{ id } = { id: '' }] = shelf
  await made.ask({ ask: 'undo', attempt: id })
  const back = await made.until((document) => document.shelf?.some(({ state }) => state.is === 'back') === true)
  const [attempt] = await made.floor.clones.list()
  expect(attempt?.id).toBe(id)
  expect(back.shelf?.find((each) => each.id === id)?.state).toEqual({ is: 'back', clone: attempt?.clone })
})

test('F7i two crews on one machine: each task is begun once and merged once, whichever of them is gone', async () => {
  const lanes = ['a', 'b', 'c'].map((name) => plays(name, [adds(name), { do: 'wait', ms: 300 }]))
  await using made = await open(lanes)
  const second = await made.another()
  for (const name of ['a', 'b', 'c']) await made.add(name)
  await made.until(({ tasks }) => Object.values(tasks).filter(({ state }) => state.status === 'working').length === 3)
  await second.close()
  const end = await made.until((document) => Object.keys(document.tasks).length === 3 && isSettled(document))
  const came = Object.values(end.tasks).map(({ state, attempts }) => `${state.status} ${attempts.length}`)
  expect(came, JSON.stringify(end.tasks)).toEqual(['done 1', 'done 1', 'done 1'])
  const trailers = made.origin.git('log', '--format=%B', 'main').match(/^Headrace-Change: .*$/gm)
  expect(trailers?.toSorted()).toEqual(['t1-1.1', 't2-1.1', 't3-1.1'].map((id) => `Headrace-Change: ${id}`))
})

test('F7j two floors on one server: each does its own work, and none takes what is the other’s', async () => {
  await using server = new SessionsServer()
  const client = await server.client('ada')
  const floors: Floor[] = []
  try {
    const played = ['left', 'right'].map(async (name) => {
      const folder = testFolder()
      const origin = path.join(folder, 'origin')
      await makeDemoRepository(origin)
      const config = { lanes: [plays('work', [adds(name)])] }
      const floor = await openFloor({
        ...server.reach,
        name,
        folder: path.join(folder, 'floor'),
        origin,
        base: 'main',
        config: () => config,
        onError: () => undefined,
      })
      floors.push(floor)
      const session = client.session(floor.sessions.floor)
      await askFloor(session, { ask: 'add-task', title: name })
      const { view } = await session.until(({ view: { document } }) => {
        const { tasks } = floorOf(document.value)
        return tasks['T1'] !== undefined && isSettled({ ...emptyFloor, tasks })
      })
      expect(floorOf(view.document.value).tasks['T1']?.state).toMatchObject({ status: 'done' })
      expect(workTree(origin, { init: false }).git('show', '--format=', '--name-only', 'main')).toBe(`src/${name}.js`)
      const { sessions } = floor
      const views = [view]
      for (const id of [sessions.lane('work'), sessions.merge])
        views.push((await client.session(id).until(({ status }) => status === 'live')).view)
      return views.map(({ runs }) => [...new Set(runs.map(({ agent }) => agent))].toSorted())
    })
    expect(await Promise.all(played)).toEqual(
      ['left', 'right'].map((name) => [[`desk.${name}`, `foreman.${name}`], [`runner.${name}`], [`gate.${name}`]]),
    )
  } finally {
    for (const floor of floors) await floor.close()
  }
})

test('F7i two processes that start clones at the same moment get different ports, and sound clones', async () => {
  const folder = testFolder()
  const origin = path.join(folder, 'origin')
  await makeDemoRepository(origin)
  const script = path.join(import.meta.dirname, 'support/start-clones.ts')
  const outputs = await Promise.all(
    ['one', 'two'].map(
      (who) =>
        new Promise<string>((resolve, reject) => {
          const child = spawn(process.execPath, ['--conditions=@headrace/source', script, folder, origin, who], {
            stdio: ['ignore', 'pipe', 'inherit'],
          })
          let said = ''
          child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
          child.once('close', (code) => (code === 0 ? resolve(said) : reject(new Error(`ended with ${code}: ${said}`))))
        }),
    ),
  )
  const ports = outputs.flatMap((text) => JSON.parse(text) as number[])
  expect(ports).toHaveLength(8)
  expect(new Set(ports).size).toBe(8)
  expect(existsSync(path.join(folder, 'floor/starting/one-0'))).toBe(false)
})
