import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { homedir } from 'node:os'
import path from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  agentOf,
  checkFactory,
  commandAgent,
  floorConfig,
  floorOf,
  markedProcesses,
  type AgentKind,
  type GateStep,
  type MarkedProcess,
  type Sandbox,
} from '../src/index.ts'
import { confinedInWords, confinementInForce } from '../src/cell/open-cell.ts'
import { checkReadable, codePlaces, toolPlaces } from '../src/cell/readable-places.ts'
import { withCgroups } from '../src/cell/with-cgroups.ts'
import { findCgroups, type CgroupBounds } from '../src/process/cgroup.ts'
import { processesNaming } from '../src/process/processes-naming.ts'
import { startProgram, type Program } from '../src/process/start-program.ts'
import { testFolder } from './support/git-repository.ts'
import { modelFloor, realKey, type ModelLane } from './support/model-floor.ts'
import { missing, sandbox } from './support/sandbox.ts'

const none: Sandbox = { kind: 'none', reason: 'bubblewrap (bwrap) is not installed' }

describe('what is in force', () => {
  const agent = commandAgent({ name: 'own', command: ['own'] })

  test('F2e a lane that demands a sandbox gets none from a machine without one', () => {
    expect(() => confinementInForce({ sandbox: 'required' }, none)).toThrow(
      expect.objectContaining({ code: 'sandbox_missing' }),
    )
    expect(confinedInWords({ sandbox: 'required', agent }, none)).toBe(
      'starts nothing: it demands a sandbox, and bubblewrap (bwrap) is not installed',
    )
  })

  test('F2e without a sandbox no network is promised, and why there is none is said', () => {
    expect(confinementInForce({ network: 'off' }, none)).toEqual({
      sandbox: 'none',
      network: 'open',
      why: 'bubblewrap (bwrap) is not installed',
    })
    expect(confinementInForce({ sandbox: 'off' }, none)).toEqual({ sandbox: 'none', network: 'open' })
  })

  test('F2e an agent that does not say that all it starts is in its cell counts as one without a sandbox', () => {
    const bubblewrap = { kind: 'bubblewrap', program: 'bwrap', system: [] } as const
    const loose: AgentKind = { name: 'loose', start: (given) => agent.start(given) }
    const why = 'the agent loose starts its programs by itself, outside of any'
    expect(confinedInWords({ agent: loose }, bubblewrap)).toBe(`without a sandbox: ${why}`)
    expect(confinedInWords({ agent: loose, sandbox: 'required' }, bubblewrap)).toBe(
      `starts nothing: it demands a sandbox, and ${why}`,
    )
    expect(confinedInWords({ agent }, bubblewrap)).toBe('in bubblewrap, network model-only')
  })

  test('F2e bounds are said where control groups have them, and nowhere else', () => {
    const bubblewrap = { kind: 'bubblewrap', program: 'bwrap', system: [] } as const
    const bounds = { memoryBytes: 1_048_576 * 512 }
    const words = (sandbox: Sandbox): string => confinedInWords({ bounds, network: 'off', agent }, sandbox)
    expect(words(bubblewrap)).toBe('in bubblewrap, network off')
    expect(words({ ...bubblewrap, cgroups: { folder: '/', controllers: [] } })).toBe(
      'in bubblewrap and a control group, network off',
    )
    expect(words({ ...bubblewrap, cgroups: { folder: '/', controllers: ['memory', 'pids'] } })).toBe(
      'in bubblewrap and a control group, network off, at most 512 MB, at most 4096 processes',
    )
  })
})

test('F2e what the files say of a lane’s sandbox is what its agents get', async () => {
  const files: Readonly<Record<string, string>> = {
    '.headrace/factory.yaml':
      'base: main\ngate: { setup: [npm ci], test: npm test, readable: [/opt/tools], programs: [/opt/go/bin] }\nagents: { own: { kind: acp, command: [agent], readable: [/opt/agent] } }\n',
    '.headrace/lanes/shut.md':
      '---\nkind: bug\nagent: own\noversight: merge\nsandbox: required\nnetwork: off\nmemoryMb: 100\nprocesses: 50\n---\n\n## Goal\n\nX\n\n## Done when\n\nY\n',
  }
  const { floor, faults } = await checkFactory({
    read: async (file) => files[file],
    list: async (folder) => Object.keys(files).filter((file) => file.startsWith(`${folder}/`)),
    entries: async () => [],
  })
  expect(faults).toEqual([])
  expect(floor && floorConfig(floor, agentOf).lanes).toMatchObject([
    {
      name: 'shut',
      sandbox: 'required',
      network: 'off',
      readable: ['/opt/tools', '/opt/agent'],
      programs: ['/opt/go/bin'],
      setup: [{ argv: ['npm', 'ci'], network: 'open', timeoutMs: 900_000 }],
      bounds: { memoryBytes: 104_857_600, processes: 50 },
    },
  ])
})

describe('what may be read in a cell', () => {
  test('F2e the home of the operator, what holds it, its keys and the sockets of the machine are refused', async () => {
    const link = path.join(testFolder(), 'link')
    symlinkSync(homedir(), link)
    const wrong = [homedir(), path.dirname(homedir()), '/', link, '/run', '/var/run/docker.sock', '/proc']
    for (const place of [...wrong, path.join(homedir(), '.ssh'), path.join(homedir(), '.ssh/id_ed25519')])
      await expect(checkReadable([place]), place).rejects.toMatchObject({ code: 'bad_option' })
    await checkReadable(['/usr/share', path.join(homedir(), 'go')])
  })

  test('F2e a program brings its package and no more', async () => {
    const folder = testFolder()
    mkdirSync(path.join(folder, 'own/src'), { recursive: true })
    writeFileSync(path.join(folder, 'own/package.json'), '{}')
    expect(await codePlaces('/x/node_modules/a/node_modules/b/bin/b.js')).toEqual(['/x/node_modules'])
    expect(await codePlaces(path.join(folder, 'own/src/main.js'))).toEqual([path.join(folder, 'own')])
    expect(await codePlaces(path.join(homedir(), 'bin/agent'))).toEqual([])
    expect(toolPlaces('/opt/go/bin')).toEqual(['/opt/go'])
    expect(toolPlaces(path.join(homedir(), 'bin'))).toEqual([path.join(homedir(), 'bin')])
  })
})

/** Tries what an agent should not, asks its model, leaves a daemon behind, and prints what came of each as JSON. */
const probe = `
const fs = require('node:fs'), net = require('node:net'), { spawn, spawnSync } = require('node:child_process')
const [, canary, port, token] = process.argv
const tried = (what) => { try { return what() } catch (e) { return e.code } }
const reach = new Promise((resolve) => {
  const socket = net.connect(Number(port), '127.0.0.1', () => resolve('reached'))
  socket.on('error', (error) => resolve(error.code))
})
const ask = fetch(process.env.OPENAI_BASE_URL + '/chat/completions', {
  method: 'POST',
  headers: { authorization: 'Bearer ' + process.env.OPENAI_API_KEY, 'content-type': 'application/json' },
  body: JSON.stringify({ model: 'scripted', messages: [{ role: 'user', content: 'hello' }] }),
}).then(async (answer) => (await answer.json()).choices[0].message.content, (error) => error.cause.code)
Promise.all([reach, ask]).then(([host, model]) => {
  const daemon = spawn('setsid', ['tail', '-f', '/dev/null', token], { env: { PATH: process.env.PATH }, detached: true, stdio: 'ignore' })
  daemon.unref()
  console.log(JSON.stringify({
    host, model, daemon: tried(() => process.kill(daemon.pid, 0)),
    canary: tried(() => fs.readFileSync(canary, 'utf8')),
    written: ['/etc/x', '/usr/x', '/x', require('node:path').join(canary, '../x')].map((file) => tried(() => fs.writeFileSync(file, ''))),
    own: ['mine', process.env.HOME + '/mine', process.env.TMPDIR + '/mine', '/tmp/mine'].map((file) => tried(() => fs.writeFileSync(file, ''))),
    nested: String(spawnSync('bwrap', ['--unshare-user', '--unshare-net', '--ro-bind', '/', '/', 'true']).stderr),
    pids: fs.readdirSync('/proc').filter((name) => /^\\d+$/.test(name)).length,
    env: process.env,
  }))
})`

interface Found {
  readonly host: string
  readonly model: string
  readonly daemon: boolean
  readonly canary: string
  readonly written: readonly string[]
  readonly own: readonly (string | null)[]
  readonly nested: string
  readonly pids: number
  readonly env: Readonly<Record<string, string>>
}

test('F2e a lane that demands a sandbox starts nothing on a machine without one, and says what to do', async () => {
  const started: string[] = []
  const agent: AgentKind = {
    name: 'never',
    async start({ cwd }) {
      started.push(cwd)
      throw new Error('it was started')
    },
  }
  const { attempt, floor } = await modelFloor(
    () => ({ steps: [] }),
    [{ name: 'shut', agent, sandbox: 'required' }],
    none,
  )
  const { last } = await attempt('Look around', 'shut')
  expect(last).toMatchObject({ outcome: 'failed', failure: 'sandbox_missing' })
  expect(last.why).toBe(
    'A sandbox is demanded, and bubblewrap (bwrap) is not installed. Install bubblewrap and allow user namespaces, or say that it may run without.',
  )
  expect(started).toEqual([])
  expect(await floor.clones.list()).toEqual([])
  const { view } = await floor.client.session(floor.sessions.floor).until(({ status }) => status === 'live')
  expect(floorOf(view.document.value).lanes).toMatchObject([
    { name: 'shut', confined: 'starts nothing: it demands a sandbox, and bubblewrap (bwrap) is not installed' },
  ])
})

test('F2g a fresh clone is set up as the gate sets up its checkout, before the agent starts', async () => {
  const setup = (script: string): readonly GateStep[] => [
    { argv: [process.execPath, '-e', script], network: 'off', timeoutMs: 20_000 },
  ]
  const look = `console.log('made: ' + require('node:fs').readFileSync('made', 'utf8'))`
  const agent = commandAgent({ name: 'looks', command: [process.execPath, '-e', look, '{prompt}'] })
  const { attempt, floor } = await modelFloor(
    () => ({ steps: [] }),
    [
      {
        name: 'ready',
        agent,
        oversight: 'propose',
        mandate: { text: 'Look.', oversight: 'propose', surfaces: [], test: '' },
        setup: setup(`require('node:fs').appendFileSync('made', process.env.HOME ? 'once' : '')`),
      },
      { name: 'broken', agent, setup: setup(`console.error('no such package'); process.exit(3)`) },
    ],
  )
  const [ready, broken] = await Promise.all([attempt('Look', 'ready'), attempt('Look', 'broken')])
  const said = async (lane: string): Promise<string> => {
    const { view } = await floor.client.session(floor.sessions.lane(lane)).until(({ status }) => status === 'live')
    return JSON.stringify(view.messages)
  }
  expect(await said('ready')).toContain('made: once')
  expect(ready.last.outcome).toBe('proposed')
  expect(broken.last).toMatchObject({ outcome: 'failed', failure: 'setup' })
  expect(broken.last.why).toMatch(/^Its clone could not be prepared: .* ended with code 3\.\nno such package$/)
  expect(await said('broken')).not.toContain('made:')
})

describe('a cell', () => {
  test('F2e F2f F7a an agent reads and writes its own alone, has the network of its lane, and leaves nothing behind', async ({
    skip,
  }) => {
    skip(sandbox.kind === 'none', missing)
    const secret = mkdtempSync(path.join(homedir(), '.headrace-canary-'))
    const canary = path.join(secret, 'canary')
    writeFileSync(canary, 'a canary')
    const host = createServer((socket) => socket.end()).listen(0, '127.0.0.1')
    await once(host, 'listening')
    process.env['HEADRACE_TEST_SECRET'] = 'a canary'
    onTestFinished(async () => {
      delete process.env['HEADRACE_TEST_SECRET']
      rmSync(secret, { recursive: true })
      host.close()
      await once(host, 'close')
    })
    const address = host.address()
    const port = String(typeof address === 'object' && address ? address.port : 0)
    const run = randomUUID()
    const daemonOf = (name: string): string => `daemon-${name}-${run}`
    const lane = (name: 'off' | 'model-only' | 'open'): ModelLane => ({
      name,
      oversight: 'observe',
      mandate: { text: 'Look.', oversight: 'observe', surfaces: [], test: '' },
      sandbox: 'required',
      network: name,
      agent: commandAgent({
        name: 'probe',
        command: [process.execPath, '-e', probe, canary, port, daemonOf(name), '{prompt}'],
      }),
    })
    const answer = { steps: [{ type: 'text' as const, text: 'Hello from the model.' }] }
    const lanes = [lane('off'), lane('model-only'), lane('open')]
    const { attempt, floor } = await modelFloor(() => answer, lanes)

    const look = async (name: string): Promise<Found> => {
      const { last } = await attempt('Look around', name)
      expect(last).toMatchObject({
        outcome: 'proposed',
        confined: expect.stringMatching(`^in bubblewrap.*, network ${name}`),
      })
      const { view } = await floor.client.session(floor.sessions.lane(name)).until(({ status }) => status === 'live')
      const said = view.messages.flatMap(({ parts }) =>
        parts.flatMap((part) => (part.kind === 'text' ? part.text : [])),
      )
      const line = said.flatMap((text) => text.split('\n')).find((text) => text.startsWith('{"host"'))
      return JSON.parse(line ?? '{}') as Found // it printed it
    }
    const found = await Promise.all([look('off'), look('model-only'), look('open')])
    for (const one of found) {
      expect(one.canary).toBe('ENOENT')
      expect(one.daemon).toBe(true)
      expect(one.written).toEqual(['EROFS', 'EROFS', 'EROFS', 'ENOENT'])
      expect(one.own.filter((code) => code !== null)).toEqual([])
      // Some agents make a sandbox of their own around each command.
      expect(one.nested).toBe('')
      // The sandbox, what opens the way to the models, and itself.
      expect(one.pids).toBeLessThan(6)
      expect(JSON.stringify(one.env)).not.toContain(realKey)
      expect(JSON.stringify(one.env)).not.toContain('a canary')
      expect(one.env['HOME']).toContain('/home')
    }
    expect(found.map(({ host: reached }) => reached)).toEqual(['ECONNREFUSED', 'ECONNREFUSED', 'reached'])
    expect(found.map(({ model }) => model)).toEqual(['ECONNREFUSED', 'Hello from the model.', 'Hello from the model.'])
    // Nothing could write there, and what each of them left running is gone.
    expect(existsSync(path.join(secret, 'x'))).toBe(false)
    for (const { env } of found) expect(await markedProcesses(env['HEADRACE_ATTEMPT'] ?? '')).toEqual([])
    for (const { name } of lanes) expect(await processesNaming(daemonOf(name))).toEqual([])
  })
})

interface InGroup {
  readonly said: string
  readonly program: Program
  readonly marker: string
}

describe('control groups', () => {
  /** Runs a script of the shell in a cell with a group, and tells what it printed by the line that says that it is done. */
  async function inGroup(script: string, bounds: CgroupBounds = {}): Promise<InGroup> {
    const confined = await withCgroups(sandbox)
    if (confined.kind === 'none') throw new Error(confined.reason)
    const marker = randomUUID()
    const program = await startProgram({
      argv: ['/bin/sh', '-c', script],
      cwd: '/',
      env: { PATH: `${path.dirname(process.execPath)}:/usr/bin:/bin` },
      marker,
      cell: { sandbox: confined, network: 'off', writable: [], readable: [], bounds },
    })
    onTestFinished(async () => void (await program.close()))
    let said = ''
    for await (const chunk of program.stdout as AsyncIterable<Buffer>) {
      said += chunk.toString()
      if (said.includes('done\n')) break
    }
    return { said, program, marker }
  }

  test('F7a what an agent starts is in a group from its first process on, and ends with it', async ({ skip }) => {
    skip(sandbox.kind === 'none', missing)
    const cgroups = await findCgroups()
    skip(!cgroups, 'no control groups (version 2) can be made here')
    const { said, program, marker } = await inGroup(
      'cat /proc/self/cgroup; setsid env -i tail -f /dev/null >/dev/null 2>&1 & echo done; exec tail -f /dev/null',
    )
    expect(said).toMatch(/^0::\/.*headrace-\d+-[0-9a-f]+$/m)
    const tails = (all: readonly MarkedProcess[]) => all.filter(({ command }) => command.startsWith('tail')).length
    await expect.poll(async () => tails(await markedProcesses(marker))).toBe(2)
    const { ended, left } = await program.close()
    expect(left).toEqual([])
    expect(tails(ended)).toBe(2)
    expect(await program.ended).toEqual({ kind: 'signalled', signal: 'SIGKILL' })
  })

  test('F2e more processes than a lane may have are not started', async ({ skip }) => {
    skip(sandbox.kind === 'none', missing)
    const cgroups = await findCgroups()
    skip(!cgroups?.controllers.includes('pids'), 'control groups here can’t bound processes')
    const { said } = await inGroup('for n in $(seq 40); do sleep 60 & done 2>&1; echo done', { processes: 16 })
    expect(said).toMatch(/fork|Resource temporarily unavailable/)
  })

  test('F2e what needs more memory than its lane may have is ended', async ({ skip }) => {
    skip(sandbox.kind === 'none', missing)
    const cgroups = await findCgroups()
    skip(!cgroups?.controllers.includes('memory'), 'control groups here can’t bound memory')
    const fill = `head -c 300m /dev/zero | tail -c 300m | wc -c; echo done`
    const { said } = await inGroup(fill, { memoryBytes: 67_108_864 })
    expect(said).not.toContain('314572800')
  })
})
