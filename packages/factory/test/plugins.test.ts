import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import {
  agentOf,
  builtInGuards,
  builtInPlugins,
  confinedInWords,
  createTeller,
  defaultTestGlobs,
  landingInWords,
  loadPlugins,
  noticesOf,
  webhookNotifier,
  emptyFloor,
  type AgentStart,
  type Cell,
  type LandingRules,
  type Notice,
  type Plugins,
  type WantedPlugin,
} from '@headrace/factory'
import type { Chunk } from '@headrace/client/agent'
import { factoryFloor } from './support/factory-floor.ts'
import { testFolder } from './support/git-repository.ts'
import { withCgroups } from '../src/cell/with-cgroups.ts'
import { missing, sandbox } from './support/sandbox.ts'

const examples = fileURLToPath(new URL('../../../examples/plugins/', import.meta.url))
const opened: Plugins[] = []
afterAll(async () => void (await Promise.all(opened.map((plugins) => plugins.close()))))

interface Package {
  readonly kind?: string
  readonly version?: string
  readonly code: string
  readonly file?: string
}

/** Installs packages into a folder of an operator. */
function install(packages: Readonly<Record<string, Package>>, root = testFolder()): string {
  for (const [name, { kind = 'guard', version = '1.0.0', code, file = './plugin.js' }] of Object.entries(packages)) {
    const folder = path.join(root, 'node_modules', name)
    mkdirSync(folder, { recursive: true })
    const manifest = { name, version, type: 'module', headrace: { plugin: file, kind } }
    writeFileSync(path.join(folder, 'package.json'), JSON.stringify(manifest))
    writeFileSync(path.join(folder, 'plugin.js'), code)
  }
  return root
}

async function load(root: string, plugins: readonly WantedPlugin[], never: readonly string[] = []): Promise<Plugins> {
  const made = await loadPlugins({ plugins, roots: [root], never })
  opened.push(made)
  return made
}

/** The code of a guard. */
const guard = (name: string, check: string, more = ''): string => `
export const plugin = {
  interface: 1, kind: 'guard', name: '${name}', version: '1.0.0', about: 'A guard.', ${more}
  create: () => ({ name: '${name}', about: 'A guard.', policy: 'warn', async check(change, context) { ${check} } }),
}`

const rules: LandingRules = {
  protectedPaths: [],
  allowed: [],
  forbidden: [],
  testGlobs: defaultTestGlobs,
  budget: { files: 10, lines: 100, fileBytes: 1_000_000, newDependencies: 0 },
  guardPolicy: {},
  gate: { test: { argv: [process.execPath, '--test'], timeoutMs: 30_000 } },
}
const files = {
  'src/n.mjs': 'export const n = 1\n',
  'test/n.test.mjs': "import test from 'node:test'\ntest('n', () => undefined)\n",
}

async function floorWith(plugins: LandingRules['plugins']) {
  const made = await factoryFloor(files)
  return (id: string, change: Readonly<Record<string, string>>) =>
    made.land(id, change, { rules: { ...rules, ...(plugins && { plugins }) }, upTo: 'judge' })
}

test('X2: what comes with the factory stands behind the same interfaces as what others write', () => {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  expect(new Set(builtInPlugins.map(({ kind }) => kind))).toEqual(
    new Set(['agent', 'source', 'gate', 'guard', 'detector', 'notifier']),
  )
  for (const plugin of builtInPlugins) expect(plugin).toMatchObject({ interface: 1, version })
  const guards = builtInPlugins.flatMap((plugin) => (plugin.kind === 'guard' ? [plugin.create({})] : []))
  expect(guards).toEqual(builtInGuards)
})

describe('X2a: a plugin of each kind is loaded from its package and does its work', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'headrace-plugins-'))
  afterAll(() => rmSync(root, { recursive: true }))
  mkdirSync(path.join(root, 'node_modules'))
  for (const name of readdirSync(examples)) {
    symlinkSync(path.join(examples, name), path.join(root, `node_modules/headrace-example-${name}`))
  }
  const start = async (wanted: WantedPlugin): Promise<Plugins> => load(root, [wanted])

  test('X2a: a guard and a gate judge beside those that come with the factory', async () => {
    const plugins = await load(root, [
      { package: 'headrace-example-changelog-guard' },
      { package: 'headrace-example-size-gate', settings: { maxBytes: 60 } },
    ])
    expect(plugins.refused).toEqual([])
    expect(plugins.loaded.map(({ kind, name }) => `${kind} ${name}`)).toEqual(['guard changelog', 'gate size'])
    const land = await floorWith(plugins)
    const untold = await land('one', { 'src/m.mjs': 'export const m = 1\n' })
    expect(landingInWords(untold)).toContain('- changelog: src/m.mjs: nothing of this is told in CHANGELOG.md')
    const told = { 'src/m.mjs': 'export const m = 1\n', 'CHANGELOG.md': 'm is new\n' }
    expect(await land('two', told)).toMatchObject({ outcome: 'ready' })
    const large = await land('three', { ...told, 'src/m.mjs': `export const m = '${'x'.repeat(60)}'\n` })
    expect(landingInWords(large)).toMatch(/The gate is red\. The gate size: src has \d+ bytes; at most 60\./)
  })

  test('X2a: a source gives tasks', async () => {
    const file = path.join(testFolder(), 'backlog.csv')
    writeFileSync(file, '7,Refuse an empty name,1\n8,Cut lists\n')
    const plugins = await start({ package: 'headrace-example-csv-source', settings: { file } })
    expect(await plugins.source('csv')?.read()).toEqual([
      {
        ask: 'add-task',
        title: 'Refuse an empty name',
        priority: 1,
        source: { kind: 'csv', ref: 'backlog.csv#7' },
      },
      { ask: 'add-task', title: 'Cut lists', source: { kind: 'csv', ref: 'backlog.csv#8' } },
    ])
  })

  test('X2a: a detector judges steps, each lane by one of its own', async () => {
    const plugins = await start({ package: 'headrace-example-same-file-detector', settings: { times: 2 } })
    const detector = plugins.detector('same-file')
    const other = plugins.detector('same-file')
    onTestFinished(() => Promise.all([detector?.close(), other?.close()]).then(() => undefined))
    const step = { tool: 'read', kind: 'read', args: { path: 'a' } } as const
    const flags = []
    for (let time = 0; time < 3; time += 1) flags.push((await detector?.step(step))?.flagged)
    expect(flags).toEqual([false, false, true])
    expect(await other?.step(step)).toMatchObject({ step: 0, flagged: false })
  })

  test('X2a: an agent works in a clone, and what it prints is heard', async () => {
    const settings = { program: 'sh', args: ['-c', 'cat > told.txt; echo done'] }
    const plugins = await start({ package: 'headrace-example-aider-agent', settings })
    const agent = agentOf('helper', { kind: 'plugin', plugin: 'aider' }, { plugin: plugins.agent })
    const said: Chunk[] = []
    const at = startIn({ onChunk: async (chunk) => void said.push(chunk) })
    const working = await agent.start(at)
    expect(await working.prompt('Do it', new AbortController().signal)).toEqual({ end: 'done' })
    expect(said).toEqual([{ type: 'text', text: 'done\n' }])
    expect(readFileSync(path.join(at.cwd, 'told.txt'), 'utf8')).toBe('Do it')
    expect((await working.close()).left).toEqual([])
  })

  test('X2a F2e: an agent of a plugin is in the sandbox of its attempt where it says so', async ({ skip }) => {
    const machine = await withCgroups(sandbox)
    skip(machine.kind === 'none', missing)
    const settings = { program: 'sh', args: ['-c', 'cat > told.txt; uname -n'] }
    const plugins = await start({ package: 'headrace-example-aider-agent', settings })
    const agent = agentOf('helper', { kind: 'plugin', plugin: 'aider' }, { plugin: plugins.agent })
    expect(confinedInWords({ agent }, machine)).toMatch(/^in bubblewrap/)
    const said: Chunk[] = []
    const at = startIn({ onChunk: async (chunk) => void said.push(chunk) })
    if (machine.kind === 'none') return
    const cell: Cell = { sandbox: machine, network: 'off', writable: [at.cwd], readable: [], bounds: {} }
    const working = await agent.start({ ...at, cell })
    expect(await working.prompt('Do it', new AbortController().signal)).toEqual({ end: 'done' })
    expect(said).toEqual([{ type: 'text', text: 'headrace\n' }])
    expect(readFileSync(path.join(at.cwd, 'told.txt'), 'utf8')).toBe('Do it')
    expect((await working.close()).left).toEqual([])
  })

  test('X2a: a notifier tells what waits for a person', async () => {
    const file = path.join(testFolder(), 'notices.jsonl')
    const plugins = await start({ package: 'headrace-example-file-notifier', settings: { file } })
    await plugins.notifiers[0]?.notify(notice('T1 parked 1'))
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(notice('T1 parked 1'))
  })
})

test('X2b: what a plugin says of itself is held against its package and its kind; one that lies is named and not taken', async () => {
  const ok = guard('fine', 'return []')
  const root = install({
    fine: { code: ok },
    'lies-version': { version: '2.0.0', code: guard('liar', 'return []') },
    'lies-kind': { kind: 'notifier', code: guard('liar', 'return []') },
    'old-interface': { code: ok.replace('interface: 1', 'interface: 7') },
    'no-method': { code: ok.replace('async check', 'async look') },
    'takes-a-name': { code: guard('scope', 'return []') },
    'bad-settings': {
      kind: 'notifier',
      code: ok.replace('create:', "create: () => { throw new Error('no address') }, was:"),
    },
    nothing: { code: 'export const other = 1' },
    'throws-early': { code: "throw new Error('not today')" },
    'reaches-out': { code: ok, file: '../fine/plugin.js' },
  })
  const plugins = await load(root, [
    { package: 'lies-version' },
    { package: 'lies-kind' },
    { package: 'old-interface' },
    { package: 'no-method' },
    { package: 'takes-a-name' },
    { package: 'bad-settings' },
    { package: 'nothing' },
    { package: 'throws-early' },
    { package: 'reaches-out' },
    { package: 'not-there' },
    { package: '../fine' },
    { package: 'fine' },
  ])
  expect(plugins.loaded.map(({ name }) => name)).toEqual(['fine'])
  const why = Object.fromEntries(plugins.refused.map((one) => [one.package, one.why]))
  expect(why).toMatchObject({
    'lies-version': expect.stringContaining('says that it is version "1.0.0", and its package is version 2.0.0'),
    'lies-kind': expect.stringContaining('says that it is a "guard", and its package says notifier'),
    'old-interface': expect.stringContaining('is written for version 7 of the interface'),
    'no-method': expect.stringContaining('made a guard without check'),
    'takes-a-name': expect.stringContaining('there is one of that name already'),
    'bad-settings': expect.stringContaining('bad-settings 1.0.0 could not be loaded: no address'),
    nothing: expect.stringContaining('it exports no `plugin`'),
    'throws-early': expect.stringContaining('not today'),
    'reaches-out': expect.stringContaining('outside of the package'),
    'not-there': expect.stringContaining('is not installed'),
    '../fine': expect.stringContaining('is not the name of a package'),
  })
  expect(plugins.refused.filter(({ blocks }) => !blocks).map((one) => one.package)).toEqual([
    'lies-kind',
    'bad-settings',
  ])
})

test('X2b: nothing is loaded from where agents write', async () => {
  const root = testFolder()
  const clone = install({ sly: { code: guard('sly', 'return []') } }, path.join(root, 'clones/t1-1'))
  mkdirSync(path.join(root, 'node_modules'))
  symlinkSync(path.join(clone, 'node_modules/sly'), path.join(root, 'node_modules/sly'))
  const plugins = await load(root, [{ package: 'sly' }], [path.join(root, 'clones')])
  expect(plugins.refused).toMatchObject([
    { package: 'sly', blocks: true, why: expect.stringContaining('agents write') },
  ])
})

test('X2c: a guard or a gate that throws, hangs, ends its thread, or is not there lets nothing pass, and is named; the others go on', async () => {
  const gate = `export const plugin = { interface: 1, kind: 'gate', name: 'gone', version: '1.0.0', about: 'A gate.',
    create: () => ({ name: 'gone', about: 'A gate.', judge: async () => { throw new Error('no compiler') } }) }`
  const root = install({
    throws: { code: guard('throws', "throw new Error('it is late')") },
    hangs: { code: guard('hangs', 'for (;;);') },
    leaves: { code: guard('leaves', 'process.exit(0)') },
    lies: { code: guard('lies', "return [{ what: 'x', certainty: 'very' }]") },
    fine: { code: guard('fine', 'return []') },
    gone: { kind: 'gate', code: gate },
  })
  const names = ['throws', 'hangs', 'leaves', 'lies', 'fine'] as const
  const plugins = await load(root, [
    ...names.map((name) => ({ package: name, timeoutMs: name === 'hangs' ? 1_000 : 20_000 })),
    { package: 'absent' },
  ])
  const land = await floorWith(plugins)
  const landing = await land('one', { 'src/m.mjs': 'export const m = 1\n' })
  if (landing.outcome !== 'blocked') throw new Error(landingInWords(landing))
  const said = Object.fromEntries(
    landing.guards.verdicts.map(({ guard: name, verdict, findings }) => [
      name,
      `${verdict} ${findings[0]?.what ?? ''}`,
    ]),
  )
  expect(said).toMatchObject({
    throws: 'block this guard failed, so nothing passes: The plugin throws 1.0.0 failed: it is late.',
    hangs: 'block this guard failed, so nothing passes: The plugin hangs 1.0.0 took longer than 1 s in check.',
    leaves: 'block this guard failed, so nothing passes: The plugin leaves 1.0.0 ended.',
    lies: expect.stringMatching(
      /^block this guard failed, so nothing passes: what the guard lies found\[0\]\.certainty/,
    ),
    fine: 'pass ',
    absent: expect.stringMatching(/^block this guard failed, so nothing passes: The package absent is not installed/),
    scope: 'pass ',
  })
  const gates = await load(root, [{ package: 'gone' }])
  const red = await (await floorWith(gates))('two', { 'src/m.mjs': 'export const m = 1\n' })
  expect(red).toMatchObject({ outcome: 'red', gate: { class: 'harness' } })
  expect(landingInWords(red)).toContain('The gate gone: The plugin gone 1.0.0 failed: no compiler.')
})

test('X2d: an agent, a source or a notifier that fails is named, and the floor goes on', async () => {
  const about = "interface: 1, version: '1.0.0', about: 'x'"
  const root = install({
    sleepy: {
      kind: 'agent',
      code: `export const plugin = { ${about}, kind: 'agent', name: 'sleepy', create: () => ({ name: 'sleepy', start: async () => ({
        resumed: false, prompt: () => new Promise(() => { for (;;); }), close: async () => ({}) }) }) }`,
    },
    half: {
      kind: 'agent',
      code: `export const plugin = { ${about}, kind: 'agent', name: 'half', create: () => ({ name: 'half', start: async () => ({}) }) }`,
    },
    wild: {
      kind: 'source',
      code: `export const plugin = { ${about}, kind: 'source', name: 'wild', create: () => ({ kind: 'wild', read: async () => [{ ask: 'nuke' }] }) }`,
    },
    mute: {
      kind: 'notifier',
      code: `export const plugin = { ${about}, kind: 'notifier', name: 'mute', create: () => ({ name: 'mute', notify: async () => { throw new Error('no line') } }) }`,
    },
  })
  const plugins = await load(root, [
    { package: 'sleepy', timeoutMs: 1_000 },
    { package: 'half' },
    { package: 'wild' },
    { package: 'mute' },
  ])
  expect(plugins.refused).toEqual([])
  const working = await plugins.agent('sleepy')?.start(startIn({}))
  const stop = new AbortController()
  const turn = working?.prompt('Do it', stop.signal)
  stop.abort()
  expect(await turn).toEqual({ end: 'cancelled' })
  expect((await working?.close())?.left).toEqual([])
  await expect(plugins.agent('half')?.start(startIn({}))).rejects.toMatchObject({
    code: 'agent_failed',
    message: 'What it started has no prompt.',
  })
  await expect(agentOf('a', { kind: 'plugin', plugin: 'gone' }).start(startIn({}))).rejects.toMatchObject({
    code: 'agent_missing',
  })
  await expect(plugins.source('wild')?.read()).rejects.toThrow('task 0 of wild')
  const errors: string[] = []
  const told: string[] = []
  const heard = Promise.withResolvers<void>()
  const tell = createTeller({
    notifiers: () => [
      ...plugins.notifiers,
      { name: 'ear', notify: (one: Notice) => Promise.resolve(void told.push(one.id)) },
    ],
    onError(words) {
      errors.push(words)
      heard.resolve()
    },
  })
  tell([notice('a')])
  await heard.promise
  expect(errors).toEqual(['The notifier mute failed: The plugin mute 1.0.0 failed: no line.'])
  tell([notice('a'), notice('b')])
  expect(told).toEqual(['a', 'b'])
})

test("X2d: what a plugin prints is nobody's output, and one that waits keeps no process alive", async () => {
  const loud = `console.log('x'.repeat(1e6)); export const plugin = { interface: 1, kind: 'source', name: 'loud', version: '1.0.0',
    about: 'x', create: () => ({ kind: 'loud', read: async () => { console.error('loud'); return [] } }) }`
  const root = install({ loud: { kind: 'source', code: loud } })
  const program = `import { loadPlugins } from '@headrace/factory'
    const plugins = await loadPlugins({ plugins: [{ package: 'loud' }], roots: [${JSON.stringify(root)}], never: [] })
    process.stdout.write(JSON.stringify(await plugins.source('loud').read()))`
  const args = ['--conditions=@headrace/source', '--input-type=module', '--eval', program]
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname })
  expect({ stdout, stderr }).toEqual({ stdout: '[]', stderr: '' })
})

test('X2e: an address of factory.yaml is told by one request each; what it does not take is said', async () => {
  const heard: string[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      heard.push(`${request.method} ${request.headers['content-type']} ${body}`)
      response.writeHead(heard.length === 1 ? 204 : heard.length === 2 ? 500 : 302, { location: '/elsewhere' }).end()
    })
  })
  onTestFinished(() => void server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const notifier = webhookNotifier({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/told` }) // it listens on TCP
  await notifier.notify(notice('a'))
  expect(heard).toEqual([`POST application/json ${JSON.stringify(notice('a'))}`])
  await expect(notifier.notify(notice('b'))).rejects.toThrow('answered 500')
  await expect(notifier.notify(notice('c'))).rejects.toThrow()
  expect(heard.length).toBe(3)
  expect(() => webhookNotifier({ url: 'file:///etc/passwd' })).toThrow('is no http or https address')
})

test('X2e: a person is told of each thing that waits once, for as long as it waits', () => {
  const task = {
    id: 'T1',
    title: 'One',
    body: '',
    kind: 'bug',
    priority: 2,
    source: { kind: 'cli', ref: 'T1' },
    dependsOn: [],
    acceptance: [],
    by: 'user:ada',
    at: 5,
    attempts: [],
  } as const
  const parked = { ...task, state: { status: 'parked', why: 'three tries', at: 9 } } as const
  const floor = { ...emptyFloor, mode: 'paused', modeWhy: 'the base is red', tasks: { T1: parked } } as const
  const options = { session: 'factory/main', asking: [], now: 10 }
  expect(noticesOf({ floor, ...options }).map(({ id, what, title }) => [id, what, title])).toEqual([
    ['held the base is red', 'held', 'The floor is held'],
    ['T1 parked 0', 'parked', 'T1 is parked: One'],
  ])
  expect(
    noticesOf({ floor: { ...emptyFloor, tasks: { T1: { ...task, state: { status: 'ready' } } } }, ...options }),
  ).toEqual([])
})

function notice(id: string): Notice {
  return { id, what: 'parked', title: 'T1 is parked', text: '', session: 'factory/main', at: 1 }
}

function startIn(more: Partial<AgentStart>): AgentStart {
  const cwd = testFolder()
  return {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', HOME: cwd },
    marker: `plugin-test-${path.basename(cwd)}`,
    oversight: 'merge',
    onChunk: async () => undefined,
    onPermission: async () => 'reject',
    signal: new AbortController().signal,
    ...more,
  }
}
