import { Ajv2020 } from 'ajv/dist/2020.js'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import {
  agentOf,
  checkFactory,
  factoryFileSchema,
  faultInWords,
  floorConfig,
  folderSource,
  initFactory,
  landingRules,
  laneFileSchema,
  loadFloor,
  parseFactoryFile,
  parseLaneFile,
  type FactoryFile,
  type LaneFile,
} from '@headrace/factory'
import { factoryFloor } from './support/factory-floor.ts'
import { testFolder, workTree } from './support/git-repository.ts'

const small = `base: main\ngate:\n  test: npm test\nagents:\n  codex: { kind: acp, profile: codex }\n`
const lane = (matter: string, body = '# bugs\n\n## Goal\n\nRepair it.\n\n## Done when\n\nThe test passes.\n') =>
  `---\n${matter}---\n${body}`
const plain = 'kind: bug\nagent: codex\noversight: merge\nallowed: ["src/**"]\n'

const faultsOf = (found: FactoryFile | LaneFile | readonly { readonly what: string }[]) =>
  Array.isArray(found) ? found.map((fault) => faultInWords(fault)) : []

test('F9: a file with the least in it is read, and what it leaves out has defaults', () => {
  expect(parseFactoryFile(small)).toMatchObject({
    base: 'main',
    lanes: '.headrace/lanes',
    gate: { test: ['npm', 'test'], setup: [], timeoutMs: 900_000, sandbox: 'preferred', network: 'off' },
    attention: 3,
    diff: { files: 40, lines: 1_500, newDependencies: 0 },
    protectedPaths: expect.arrayContaining(['.headrace/**', '.github/workflows/**']),
  })
  expect(parseLaneFile(lane(plain), '.headrace/lanes/bugs.md')).toMatchObject({
    name: 'bugs',
    kind: 'bug',
    oversight: 'merge',
    allowed: ['src/**'],
    wip: 1,
    network: 'model-only',
    mandate: expect.stringContaining('## Done when'),
  })
})

test('F5d F2d F8d: attention and what clones may take are those of the file', async () => {
  const files: Readonly<Record<string, string>> = {
    '.headrace/factory.yaml': `${small}attention: 1\nclones: { maxGb: 2, undoDays: 30 }\n`,
    '.headrace/lanes/bugs.md': lane(plain),
  }
  const { floor, faults } = await checkFactory({
    read: async (file) => files[file],
    list: async (folder) => Object.keys(files).filter((file) => file.startsWith(`${folder}/`)),
    entries: async () => [],
  })
  expect(faults).toEqual([])
  expect(floor && floorConfig(floor, agentOf)).toMatchObject({
    attention: 1,
    clones: { maxBytes: 2_000_000_000, undoDays: 30 },
  })
})

describe('F9a: what is wrong is named with file, line and key', () => {
  const files: [string, string, readonly string[]][] = [
    ['a misspelt key', `${small}atention: 2\n`, ['factory.yaml:6:1 atention: is not known here']],
    ['a wrong value', small.replace('npm test', '[]'), ['factory.yaml:3:3 gate.test: must be a command']],
    [
      'a shell in a command',
      small.replace('npm test', 'npm test && true'),
      ['factory.yaml:3:3 gate.test: must be a command without quotes'],
    ],
    ['a word in a list', small.replace('npm test', '[npm, 3]'), ['factory.yaml:3:15 gate.test[1]: must be a word']],
    ['what is missing', 'base: main\n', ['factory.yaml:1:1 gate: must be an object, but is missing']],
    [
      'an unknown level',
      `${small}guards:\n  scope: allow\n`,
      ['factory.yaml:7:3 guards.scope: must be one of block, ask, warn'],
    ],
    [
      'several at once',
      `${small}attention: 0\nprotected: x\n`,
      [
        'factory.yaml:6:1 attention: must be a whole number from 1 to 100',
        'factory.yaml:7:1 protected: must be an array',
      ],
    ],
    [
      'several in one key',
      `base: main
gate:
  test: [npm, 3]
  timeoutMinutes: 0
  sandbox: maybe
  readable: [/usr, bin, lib]
agents:
  a: { kind: acp, profile: codex, modl: x }
  b: { kind: robot }
  c: { kind: acp }
`,
      [
        'factory.yaml:3:15 gate.test[1]: must be a word',
        'factory.yaml:8:35 agents.a.modl: must be left out',
        'factory.yaml:9:8 agents.b.kind: must be one of',
        'factory.yaml:10:3 agents.c: needs a profile',
      ],
    ],
    [
      'several that may be left out',
      `${small}diff: { files: 0, lines: x, size: 1 }
models:
  providers: {}
  prices: { a.b: { input: -1, output: 1 }, c: { input: 1, output: x } }
`,
      [
        'factory.yaml:6:9 diff.files: must be',
        'factory.yaml:6:19 diff.lines: must be',
        'factory.yaml:6:29 diff.size: must be left out',
        'models.prices.a.b.input: must be',
      ],
    ],
    [
      'agents that nothing can be made of',
      `${small}  own: { kind: acp }\n  told: { kind: command }\n  played: { kind: scripted }\n  both: { kind: command, command: a, profile: codex }\n  theirs: { kind: plugin, plugin: x, command: a }\n`,
      [
        'factory.yaml:6:3 agents.own: needs a profile',
        'factory.yaml:7:3 agents.told: needs a command',
        'factory.yaml:8:3 agents.played: is scripted',
        'factory.yaml:9:3 agents.both: has a profile',
        'factory.yaml:10:3 agents.theirs: has a command',
      ],
    ],
    [
      'an address that is none',
      `${small}notifications: { webhooks: [mailto:ada@example.com] }\n`,
      ['factory.yaml:6:29 notifications.webhooks[0]: must be an http or https URL'],
    ],
    ['a key twice', `${small}base: other\n`, ['factory.yaml:6:1 Map keys must be unique']],
    ['broken YAML', 'base: main\ngate: [\n', ['factory.yaml:3:1 ']],
    ['a list', '- a\n', ['factory.yaml:1:1 must be keys with values']],
    ['nothing', '', ['factory.yaml:1:1 base: must be a string']],
    [
      'a tag that would make an object',
      'base: !!js/function "x"\ngate: { test: a }\n',
      ['factory.yaml:1:7 Unresolved tag'],
    ],
  ]
  test.each(files)('F9a: %s', (_name, text, wanted) => {
    const faults = faultsOf(parseFactoryFile(text))
    for (const [index, start] of wanted.entries()) expect(faults[index]).toContain(start)
    expect(faults.length).toBeGreaterThan(0)
  })

  const lanes: [string, string, string, string][] = [
    ['no front matter', 'bugs.md', '# x\n', 'bugs.md:1:1 must begin with front matter'],
    [
      'an unknown kind',
      'bugs.md',
      lane('kind: bugs\nagent: a\noversight: merge\n'),
      'bugs.md:2:1 kind: must be one of',
    ],
    [
      'an unknown level',
      'bugs.md',
      lane('kind: bug\nagent: a\noversight: yolo\n'),
      'bugs.md:4:1 oversight: must be one of observe',
    ],
    ['no goal', 'bugs.md', lane(plain, '# x\n\n## Done when\n\ny\n'), 'bugs.md:7:1 the mandate has no goal'],
    [
      'no success condition',
      'bugs.md',
      lane(plain, '## Goal\n\nx\n'),
      'bugs.md:7:1 the mandate has no success condition',
    ],
    [
      'an empty success condition',
      'bugs.md',
      lane(plain, '## Goal\n\nx\n\n## Done when\n'),
      'has no success condition',
    ],
    [
      'a rung that is none',
      'bugs.md',
      lane(`${plain}waffling:\n  highest: shout\n`),
      'bugs.md:7:3 waffling.highest: must be one of off, nudge, narrow, fresh, nuke, park',
    ],
    [
      'a part that is more than the whole',
      'bugs.md',
      lane(`${plain}waffling:\n  limits: { cut: 2 }\n`),
      'waffling.limits.cut: must be a number from 0 to 1',
    ],
    ['a bad name', 'My Lane.md', lane(plain), 'My Lane.md:1:1 a lane is named by its file'],
  ]
  test.each(lanes)('F9a: a lane with %s', (_name, file, text, wanted) => {
    expect(faultsOf(parseLaneFile(text, file)).join('\n')).toContain(wanted)
  })

  test('F9a: aliases that grow without end are refused', () => {
    const bomb = Array.from(
      { length: 12 },
      (_, n) => `a${n}: &a${n} [${Array.from({ length: 9 }, () => (n === 0 ? 'x' : `*a${n - 1}`)).join(',')}]`,
    )
    expect(faultsOf(parseFactoryFile(`${bomb.join('\n')}\n`)).join('\n')).toMatch(/Excessive alias count/)
  })
})

test('F9b: the schemas for editors say the same as the checks', () => {
  const ajv = new Ajv2020({ strict: false })
  const [factory, matter] = [ajv.compile(factoryFileSchema), ajv.compile(laneFileSchema)]
  expect([factory(parse(small)), matter(parse(plain))]).toEqual([true, true])
  for (const text of [
    `${small}atention: 2\n`,
    'base: main\n',
    `${small}attention: 0\n`,
    `${small}guards: { scope: x }\n`,
  ])
    expect([factory(parse(text)), faultsOf(parseFactoryFile(text)).length > 0], text).toEqual([false, true])
  expect(matter({ kind: 'bugs', agent: 'a', oversight: 'merge' })).toBe(false)
  expect(JSON.stringify(factoryFileSchema)).toContain('The branch that everything is merged into.')
})

describe('F9c: init', () => {
  const repositories: [string, Record<string, string>, readonly string[], readonly (readonly string[])[]][] = [
    [
      'npm and vitest',
      { 'package.json': '{"scripts":{"test":"vitest run"}}', 'package-lock.json': '{}' },
      ['npx', '--no-install', 'vitest'],
      [['npm', 'ci', '--ignore-scripts']],
    ],
    [
      'pnpm and something of its own',
      { 'package.json': '{"scripts":{"test":"make all"}}', 'pnpm-lock.yaml': '' },
      ['pnpm', 'test'],
      [['pnpm', 'install', '--frozen-lockfile', '--ignore-scripts']],
    ],
    ['Rust', { 'Cargo.toml': '' }, ['cargo', 'test'], [['cargo', 'fetch', '--locked']]],
    ['Go', { 'go.mod': '' }, ['go', 'test', '-json'], [['go', 'mod', 'download']]],
    ['Python', { 'pyproject.toml': '' }, ['python3', '-m', 'pytest'], []],
    ['make', { Makefile: 'test:\n\ttrue\n' }, ['make', 'test'], []],
  ]
  test.each(repositories)('F9c: %s is recognised', async (_name, files, command, setup) => {
    const tree = workTree(path.join(testFolder(), 'repo'))
    tree.write(files)
    tree.commit('first')
    const { explanation, files: written } = await initFactory({ repository: tree.folder, write: false })
    const factory = parseFactoryFile(written['.headrace/factory.yaml'] ?? '')
    if (!('gate' in factory)) throw new Error(faultsOf(factory).join('\n'))
    expect(factory.gate.test.slice(0, command.length)).toEqual(command)
    expect(factory.gate.setup).toEqual(setup)
    expect(explanation.join('\n')).toMatch(/so the gate runs/)
    expect(existsSync(path.join(tree.folder, '.headrace'))).toBe(false)
  })

  test('F9c: a folder that is no repository is named as that; a work tree that was added to one will do', async () => {
    const folder = testFolder()
    await expect(initFactory({ repository: folder })).rejects.toMatchObject({
      code: 'bad_option',
      message: expect.stringContaining(`${folder} is not the top folder of a git repository`) as string,
    })
    const tree = workTree(path.join(folder, 'repo'))
    tree.write({ 'package.json': '{"scripts":{"test":"node --test"}}' })
    tree.commit('first')
    const added = path.join(folder, 'added')
    tree.git('worktree', 'add', '-q', '-b', 'other', added)
    expect((await initFactory({ repository: added, write: false })).explanation[0]).toBe('there is a branch main')
  })

  test('F9c: it writes five lanes that pass the check, explains itself, and overwrites nothing', async () => {
    const tree = workTree(path.join(testFolder(), 'repo'))
    tree.git('checkout', '-q', '-b', 'trunk')
    tree.write({ 'package.json': '{"scripts":{"test":"node --test"}}' })
    tree.commit('first')
    const { explanation } = await initFactory({ repository: tree.folder })
    const check = await checkFactory(folderSource(tree.folder))
    expect(check.faults).toEqual([])
    expect(check.floor?.factory.base).toBe('trunk')
    expect(check.floor?.lanes.map(({ name, kind, oversight }) => `${name} ${kind} ${oversight}`)).toEqual([
      'bugs bug branch',
      'ci-flakes ci merge',
      'ci-red ci merge',
      'features feature branch',
      'horizon horizon observe',
    ])
    expect(check.notes.map((note) => faultInWords(note))).toEqual([])
    expect(check.floor?.factory.models?.providers).toMatchObject({ openai: { kind: 'openai', key: 'OPENAI_API_KEY' } })
    const file = path.join(tree.folder, '.headrace/factory.yaml')
    writeFileSync(file, readFileSync(file, 'utf8').replace('attention: 3', 'attention: 2'))
    const tight = await checkFactory(folderSource(tree.folder))
    expect(tight.notes.map((note) => faultInWords(note)).join('\n')).toContain(
      'attention: 3 lanes may need a person, and at most 2',
    )
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^models:\n( .*\n)+/m, ''))
    const mute = await checkFactory(folderSource(tree.folder))
    expect(mute.faults).toEqual([])
    expect(mute.notes.map((note) => faultInWords(note)).join('\n')).toContain('in the sandbox its agent reaches none')
    expect(explanation.join('\n')).toMatch(/Five lanes[\s\S]*Commit these files to trunk/)
    await expect(initFactory({ repository: tree.folder })).rejects.toMatchObject({ code: 'files_invalid' })
  })
})

test('F9d: the check finds what only fits together wrong: agents, guards, lanes that are not there', async () => {
  const tree = workTree(path.join(testFolder(), 'repo'))
  tree.write({ 'a.txt': '' })
  tree.commit('first')
  const check = async () => (await checkFactory(folderSource(tree.folder))).faults.map((fault) => faultInWords(fault))
  expect(await check()).toEqual(['.headrace/factory.yaml:1:1 is not there; `headrace factory init` writes one'])
  tree.write({ '.headrace/factory.yaml': small })
  expect(await check()).toEqual(['.headrace/factory.yaml:1:1 lanes: there is no lane in .headrace/lanes'])
  tree.write({
    '.headrace/lanes/a.md': lane(`${plain.replace('codex', 'claude')}agents: [codex, nobody]\n`),
    '.headrace/factory.yaml': `${small}guards:\n  scopes: warn\n`,
  })
  expect(await check()).toEqual([
    '.headrace/lanes/a.md:3:1 agent: names the agent "claude", which .headrace/factory.yaml does not have (codex)',
    expect.stringContaining('agents: names the agent "nobody", which .headrace/factory.yaml does not have (codex)'),
    expect.stringContaining('.headrace/factory.yaml:7:1 guards.scopes: there is no such guard'),
  ])
  const several = `${plain.replace('merge', 'propose')}bestOf: 3\n`
  tree.write({ '.headrace/lanes/a.md': lane(several), '.headrace/factory.yaml': small })
  expect(await check()).toEqual([
    expect.stringMatching(/a.md:6:1 bestOf: the gate judges nothing in a lane with propose/),
  ])
  tree.write({ '.headrace/lanes/a.md': lane(several.replace('propose', 'branch')) })
  expect(await check()).toEqual([])
  tree.write({ '.headrace/lanes/a.md': lane(several.replace('bestOf: 3', 'bestOf: 6')) })
  expect(await check()).toEqual([expect.stringMatching(/a.md:6:1 bestOf: /)])
})

test('F9a: what is wrong in one file hides nothing of another', async () => {
  const tree = workTree(path.join(testFolder(), 'repo'))
  tree.write({
    '.headrace/lanes/a.md': lane(plain.replace('codex', 'claude')),
    '.headrace/lanes/b.md': lane(plain.replace('merge', 'yolo')),
    '.headrace/lanes/c.md': lane(`${plain}skills: [none-such]\nguards:\n  scopes: warn\n`),
    '.headrace/skills/fixer/SKILL.md': 'no front matter\n',
    '.headrace/plugins.yaml': 'core: 3\n',
  })
  tree.commit('first')
  const check = async () => (await checkFactory(folderSource(tree.folder))).faults.map((fault) => faultInWords(fault))
  const others = [
    expect.stringMatching(/fixer\/SKILL.md:1:1 /),
    expect.stringMatching(/b.md:4:1 oversight: must be one of/),
    expect.stringMatching(/c.md:6:1 skills\[0\]: names the skill "none-such"/),
    expect.stringMatching(/plugins.yaml:1:1 core: /),
  ]
  const said = async (first: string): Promise<void> => {
    const faults = await check()
    expect(faults[0]).toContain(first)
    expect(faults).toEqual(expect.arrayContaining(others))
  }
  await said('factory.yaml:1:1 is not there')
  tree.write({ '.headrace/factory.yaml': 'gate: [\n' })
  await said('factory.yaml:2:1 ')
  // Agents, guards and the base can be compared although something else is wrong.
  tree.write({ '.headrace/factory.yaml': `${small.replace('base: main', 'base: mian')}attention: 0\n` })
  await said('factory.yaml:6:1 attention: must be')
  expect(await check()).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/factory.yaml:1:1 base: there is no branch "mian" in this repository \(main\)/),
      expect.stringMatching(/a.md:3:1 agent: names the agent "claude"/),
      expect.stringMatching(/c.md:8:1 guards.scopes: there is no such guard/),
    ]),
  )
})

test('F9d: the base must be a branch of the repository whose top folder this is', async () => {
  const place = testFolder()
  const tree = workTree(path.join(place, 'repo'))
  const files = { '.headrace/factory.yaml': small, '.headrace/lanes/a.md': lane(plain) }
  tree.write(files)
  const check = async (folder = tree.folder) =>
    (await checkFactory(folderSource(folder))).faults.map((fault) => faultInWords(fault))
  const { faults, notes } = await checkFactory(folderSource(tree.folder))
  expect([faults, notes.map((note) => faultInWords(note))]).toEqual([
    [],
    expect.arrayContaining([expect.stringMatching(/yaml:1:1 base: the branch "main" begins with a first commit/)]),
  ])
  tree.commit('first')
  expect(await check()).toEqual([])
  const added = path.join(place, 'added')
  tree.git('worktree', 'add', '-q', '-b', 'feature/x', added)
  expect(await check(added)).toEqual([])
  tree.git('branch', '-m', 'main', 'trunk')
  expect(await check(added)).toEqual([
    expect.stringMatching(/factory.yaml:1:1 base: there is no branch "main" in this repository \(feature\/x, trunk\)/),
  ])
  tree.write({ 'below/.headrace/factory.yaml': small, 'below/.headrace/lanes/a.md': lane(plain) })
  expect(await check(path.join(tree.folder, 'below'))).toEqual([
    expect.stringMatching(/base: these files are not in the top folder of a git repository/),
  ])
})

test('F9e: files that nobody has committed are not there, and that is what is said', async () => {
  const { origin, vault } = await factoryFloor({ 'package.json': '{}' })
  origin.write({ '.headrace/factory.yaml': small, '.headrace/lanes/a.md': lane(plain) })
  await expect(loadFloor(vault, await vault.head())).rejects.toMatchObject({
    code: 'files_invalid',
    message: 'The branch main has no .headrace/factory.yaml.',
    evidence: [expect.stringContaining('git add .headrace && git commit'), expect.stringContaining('factory init')],
  })
})

test('F9e: the floor is read from the base branch only, and a change judges itself by the base', async () => {
  const floor = await factoryFloor({
    'package.json': '{"type":"module"}',
    'src/n.mjs': 'export const n = 1\n',
    'test/n.test.mjs': "import test from 'node:test'\ntest('n', () => {})\n",
    '.headrace/factory.yaml': `base: main\ngate:\n  test: [node, --test]\nagents:\n  codex: { kind: acp, profile: codex }\n`,
    '.headrace/lanes/bugs.md': lane(plain),
  })
  // What lies in the folder of somebody, and on no branch, is not read.
  writeFileSync(path.join(floor.origin.folder, '.headrace/factory.yaml'), 'broken: [')
  const files = await loadFloor(floor.vault, await floor.vault.head())
  const [bugs] = files.lanes
  if (!bugs) throw new Error('no lane')
  expect(landingRules(files, bugs)).toMatchObject({ allowed: ['src/**'], gate: { test: { argv: ['node', '--test'] } } })
  floor.origin.git('checkout', '-q', '.')
  const land = (id: string, change: Parameters<typeof floor.land>[1]) =>
    floor.land(id, change, { rules: landingRules(files, bugs) })
  const wider = lane(plain.replace('src/**', '**'))
  expect((await land('one', { '.headrace/lanes/bugs.md': wider, 'docs/x.md': 'x\n' })).outcome).toBe('blocked')
  expect((await land('two', { 'src/m.mjs': 'export const m = 1\n' })).outcome).toBe('landed')
})

test('F9e: files on the base that are wrong stop the floor with every fault', async () => {
  const floor = await factoryFloor({
    '.headrace/factory.yaml': 'base: main\ngate:\n  tests: x\n',
    '.headrace/lanes': { link: '/etc' },
  })
  await expect(loadFloor(floor.vault, await floor.vault.head())).rejects.toMatchObject({
    code: 'files_invalid',
    evidence: [
      expect.stringMatching(/^\.headrace\/factory\.yaml:2:1 gate\.test: must be a command/),
      '.headrace/factory.yaml:3:3 gate.tests: must be left out (known here: setup, test, junit, timeoutMinutes, maxOutputMb, sandbox, network, setupNetwork, readable, programs), but is "x"',
      '.headrace/factory.yaml:1:1 lanes: there is no lane in .headrace/lanes',
    ],
  })
})

test('F9e: files that are for another base branch than the one they stand on open no floor', async () => {
  const floor = await factoryFloor({
    '.headrace/factory.yaml': small.replace('base: main', 'base: develop'),
    '.headrace/lanes/bugs.md': lane(plain),
  })
  await expect(loadFloor(floor.vault, await floor.vault.head())).rejects.toMatchObject({
    code: 'files_invalid',
    evidence: [expect.stringContaining('--base develop')],
  })
})
