import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import {
  askFloor,
  defaultTestGlobs,
  emptyFloor,
  featuresInWords,
  floorOf,
  landingInWords,
  lookAtFolder,
  makeDemoRepository,
  openFloor,
  parseSurfacesFile,
  scaffoldPlugin,
  scriptedAgent,
  surfacesFileSchema,
  type JudgedTask,
  type Notice,
  type LandingRules,
  type PluginSurfaces,
} from '@headrace/factory'
import { factoryFloor } from './support/factory-floor.ts'
import { testFolder, workTree } from './support/git-repository.ts'
import { SessionsServer } from './support/sessions-server.ts'

const yaml = `core:
  paths: [src/**, package.json]
  budget: { lines: 16, exports: 4, dependencies: 0 }
surfaces:
  functions:
    about: A function of one text or list, such as shout or shuffle.
    owner: ada
    folder: plugins
    test: [node, --test, .headrace/contracts/function.mjs]
`
const contract = `import assert from 'node:assert/strict'
import { test } from 'node:test'
const plugin = await import(new URL(\`../../\${process.env.HEADRACE_PLUGIN}/index.js\`, import.meta.url))
test('a plugin says what it is called and takes a text', () => {
  assert.equal(typeof plugin.name, 'string')
  assert.equal(typeof plugin.apply('a'), 'string')
})
`
const files = { '.headrace/plugins.yaml': yaml, '.headrace/contracts/function.mjs': contract }
const surfaces = parsed(yaml)
const feature: JudgedTask = { kind: 'feature', title: 'Add a function to shout a text' }

function parsed(text: string): PluginSurfaces {
  const read = parseSurfacesFile(text)
  if (!('core' in read)) throw new Error(JSON.stringify(read))
  return read
}

const rules: LandingRules = {
  protectedPaths: ['.headrace/**'],
  allowed: [],
  forbidden: [],
  testGlobs: defaultTestGlobs,
  budget: { files: 10, lines: 300, fileBytes: 100_000, newDependencies: 9 },
  guardPolicy: {},
  surfaces,
  gate: { test: { argv: ['node', '--test'], timeoutMs: 30_000 } },
}

const plugin = {
  'plugins/shout/index.js': "export const name = 'shout'\nexport const apply = (text) => text.toUpperCase()\n",
  'plugins/shout/shout.test.js': `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apply } from './index.js'
test('shout is loud', () => assert.equal(apply('a'), 'A'))
`,
}
const inCore = { 'src/shout.js': 'export const shout = (text) => text.toUpperCase()\n' }

describe('X1: surfaces and core of a repository', () => {
  test('X1: the file has defaults, everything that is wrong is named, and its schema is a file of the package', () => {
    expect(surfaces).toMatchObject({
      core: { budget: { lines: 16, exports: 4, dependencies: 0 } },
      surfaces: [{ name: 'functions', folder: 'plugins', paths: ['plugins/**'], owner: 'ada' }],
    })
    const bad = `core: { paths: [src/**], budget: { lines: -1 } }
surfaces:
  a: { about: x, owner: y, folder: ../out, test: node --test }
  b: { about: x, owner: y, folder: b, test: 'a | b' }
extra: 1
`
    const faults = parseSurfacesFile(bad)
    expect(Array.isArray(faults) && faults.map(({ line, key }) => `${line} ${key}`)).toEqual([
      '1 core.budget.lines',
      '3 surfaces.a.folder',
      '4 surfaces.b.test',
      '5 extra',
    ])
    const placeholder = parseSurfacesFile(yaml + "    scaffold: { 'index.js': 'export const {{nome}} = 1' }\n")
    expect(placeholder).toMatchObject([
      { key: 'surfaces.functions.scaffold', what: expect.stringContaining('{{nome}}') },
    ])
    const schema = fileURLToPath(new URL('../schemas/plugins.schema.json', import.meta.url))
    expect(JSON.parse(readFileSync(schema, 'utf8'))).toEqual(surfacesFileSchema)
  })

  test('X1d: a new plugin has what its surface says, with its names put in', () => {
    const [surface] = surfaces.surfaces
    if (!surface) throw new Error('it was parsed above')
    expect(Object.keys(scaffoldPlugin(surface, 'shout-loud'))).toEqual([
      'plugins/shout-loud/index.js',
      'plugins/shout-loud/shout-loud.test.js',
      'plugins/shout-loud/README.md',
    ])
    const own = { ...surface, scaffold: { '{{name}}.js': 'export const {{camel}} = "{{surface}}"' } }
    expect(scaffoldPlugin(own, 'shout-loud')).toEqual({
      'plugins/shout-loud/shout-loud.js': 'export const shoutLoud = "functions"',
    })
    expect(() => scaffoldPlugin(surface, '../x')).toThrow('is no name of a plugin')
  })
})

/** Changes of the demo's repository, each judged as the gate does. */
async function landing() {
  const made = await factoryFloor(files)
  await makeDemoRepository(path.join(made.folder, 'demo'))
  execFileSync('cp', [
    '-R',
    `${path.join(made.folder, 'demo')}/src`,
    `${path.join(made.folder, 'demo')}/test`,
    made.origin.folder,
  ])
  made.origin.write({ 'package.json': '{"name":"pebble","type":"module"}\n' })
  made.origin.commit('the demo')
  await made.vault.refresh()
  const land = (id: string, change: Parameters<typeof made.land>[1], task: JudgedTask) =>
    made.land(id, change, { rules, task })
  return { ...made, land }
}

test('X1a X1b X1c: what a feature does to core is answered with the plugin; core stays in its budget, and plugins keep their contract', async () => {
  const { land, vault, origin } = await landing()
  const blocked = await land('one', inCore, feature)
  expect(blocked.outcome).toBe('blocked')
  const said = landingInWords(blocked)
  expect(said).toContain('a feature is a plugin, and core stays as it is (.headrace/plugins.yaml)')
  expect(said).toContain('`headrace factory plugin new function-shout-text --surface functions` makes plugins/')
  expect(said).toContain('owner ada')
  expect(said).toContain('- plugin-boundary: src/shout.js:1: this is core: export const shout')

  const before = await vault.git.text(['rev-parse', 'main:src'])
  expect(landingInWords(await land('two', plugin, feature))).toContain('Merged')
  expect(await vault.git.text(['rev-parse', 'main:src'])).toBe(before)

  const bug: JudgedTask = { kind: 'bug', title: 'Words' }
  const large = { 'src/more.js': "export const a = 1\nexport { a as b }\nexport * from './text.js'\n\nlet c\n" }
  const over = landingInWords(await land('four', large, bug))
  expect(over).toContain('core would have 17 lines; at most 16 (.headrace/plugins.yaml), and it has 13')
  expect(over).toContain('core would have 6 exports; at most 4')
  const needy = { 'package.json': '{"name":"pebble","type":"module","dependencies":{"left":"1"}}\n' }
  expect(landingInWords(await land('five', needy, bug))).toContain('core would have 1 dependencies; at most 0')
  // One that is too large already may become smaller.
  origin.write({ 'src/huge.js': Array.from({ length: 30 }, (_, n) => `let a${n}\n`).join('') })
  origin.commit('too large')
  await vault.refresh()
  expect(
    (await land('six', { 'src/huge.js': Array.from({ length: 20 }, (_, n) => `let a${n}\n`).join('') }, bug)).outcome,
  ).toBe('landed')

  const mute = { 'plugins/mute/index.js': "export const name = 'mute'\n" }
  const red = landingInWords(await land('seven', mute, feature))
  expect(red).toMatch(/The gate contracts: plugins\/mute does not keep the contract of functions \(owner ada\)/)
  expect(red).toContain('apply is not a function')
})

test('X1a X2e F10e: on a real floor an agent that puts a feature into core is told, and builds the plugin; one that looks ahead proposes, and a notifier is told', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'headrace-surfaces-'))
  const place = path.join(folder, 'origin')
  await makeDemoRepository(place)
  const origin = workTree(place, { init: false })
  origin.write(files)
  origin.git('checkout', '-q', 'main')
  origin.commit('Describe core and its surface')
  const core = origin.git('rev-parse', 'main:src')
  const eager = scriptedAgent('eager', () => ({
    turns: [
      Object.entries(inCore).map(([file, text]) => ({ do: 'write', path: file, text })),
      [
        { do: 'remove', path: 'src/shout.js' },
        ...Object.entries(plugin).map(([file, text]) => ({ do: 'write' as const, path: file, text })),
      ],
    ],
  }))
  const proposals = JSON.stringify([{ title: 'Median of an even list', why: 'It takes the upper one.' }])
  const report = `I looked.\n\n\`\`\`proposals\n${proposals}\n\`\`\`\n`
  const watcher = scriptedAgent('watcher', () => ({ turns: [[{ do: 'say', text: report }]] }))
  const lane = { wip: 1, rules: [], rounds: 2, landing: rules } as const
  const mandate = { text: 'Build it.', surfaces: [], test: 'node --test' }
  const told = Promise.withResolvers<Notice>()
  await using server = new SessionsServer()
  const floor = await openFloor({
    ...server.reach,
    name: 'test',
    folder: path.join(folder, 'floor'),
    origin: place,
    base: 'main',
    onError: () => undefined,
    config: () => ({
      lanes: [
        {
          ...lane,
          name: 'features',
          kind: 'feature',
          oversight: 'merge',
          agent: eager,
          mandate: { ...mandate, oversight: 'merge', features: featuresInWords(surfaces) },
        },
        {
          ...lane,
          name: 'ahead',
          kind: 'horizon',
          oversight: 'observe',
          agent: watcher,
          mandate: { ...mandate, oversight: 'observe' },
        },
      ],
      notifiers: [
        {
          name: 'ear',
          notify: async (notice) => {
            if (notice.what === 'proposed') told.resolve(notice)
          },
        },
      ],
    }),
  })
  try {
    const client = await server.client('ada')
    const session = client.session(floor.sessions.floor)
    await session.until(({ status }) => status === 'live')
    await session.patch([{ op: 'add', path: '', value: { ...emptyFloor, maxAttempts: 1 } as never }])
    await askFloor(session, { ask: 'add-task', title: feature.title, kind: 'feature' })
    await askFloor(session, { ask: 'add-task', title: 'Look ahead', kind: 'horizon' })
    const { view } = await session.until(({ view: { document } }) => {
      const { T1, T2 } = floorOf(document.value).tasks
      const isOver = (task: typeof T1): boolean => task !== undefined && task.attempts.length > 0
      return isOver(T1) && isOver(T2)
    })
    const { tasks } = floorOf(view.document.value)
    expect(tasks['T1']?.state).toMatchObject({ status: 'done' })
    const merge = client.session(floor.sessions.merge)
    await merge.until(({ status }) => status === 'live')
    const verdicts = JSON.stringify(merge.getSnapshot().view.messages)
    expect(verdicts).toContain('headrace factory plugin new function-shout-text --surface functions')
    expect(origin.git('rev-parse', 'main:src')).toBe(core)
    expect(origin.git('ls-tree', '-r', '--name-only', 'main', 'plugins').split('\n')).toEqual(Object.keys(plugin))

    expect(tasks['T2']?.attempts[0]?.why).toBe('Its report is in the session. T3 is proposed.')
    expect(tasks['T3']).toMatchObject({
      title: 'ahead proposes "Median of an even list"',
      state: { status: 'proposed' },
      priority: 3,
    })
    expect(await told.promise).toMatchObject({ task: 'T3', session: floor.sessions.floor })
  } finally {
    await floor.close()
    rmSync(folder, { recursive: true, force: true })
  }
})

test('X1: what stands in a folder is seen with its core', async () => {
  const folder = testFolder()
  const tree = workTree(folder)
  tree.write({ ...files, ...plugin, ...inCore, 'src/x.test.js': 'let a\n', 'package.json': '{}' })
  expect(await lookAtFolder(folder)).toMatchObject({
    plugins: [{ name: 'shout', folder: 'plugins/shout', surface: { name: 'functions' } }],
    core: { lines: 2, exports: 1, dependencies: 0 },
  })
  await expect(lookAtFolder(testFolder())).rejects.toMatchObject({ code: 'not_found' })
})
