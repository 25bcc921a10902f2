import { readFile } from 'node:fs/promises'
import path from 'node:path'
import process from 'node:process'
import type { Chunk } from '@headrace/client/agent'
import { startModelServer, type Turn } from '@headrace/testing/model-server'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  agentOf,
  agentProfiles,
  commandAgent,
  floorOf,
  ledgerInWords,
  ledgerOf,
  markedProcesses,
  profiledAgent,
  startModelProxy,
  type AgentKind,
  type AgentStart,
} from '../src/index.ts'
import { testFolder } from './support/git-repository.ts'
import { modelFloor, realKey } from './support/model-floor.ts'

const node = process.execPath

/** A program that is told what to do by its input, asks its model what `calls` says, and then does `then`. */
function asking(calls: string, then = ''): AgentKind {
  const program = `
    const told = await new Response(process.stdin).text()
    const ask = async (content) => {
      const answer = await fetch(process.env.OPENAI_BASE_URL + '/chat/completions', {
        method: 'POST',
        headers: { authorization: 'Bearer ' + process.env.OPENAI_API_KEY },
        body: JSON.stringify({ model: 'scripted', messages: [{ role: 'user', content }] }),
      })
      console.log(answer.status)
      return answer.status
    }
    const { writeFileSync } = await import('node:fs')
    ${calls}
    ${then}`
  return commandAgent({ name: 'asker', command: [node, '--input-type=module', '--eval', program] })
}

const turn = (inputTokens: number): Turn => ({
  steps: [{ type: 'text', text: 'Yes.' }],
  usage: { inputTokens, outputTokens: 0 },
})

describe('T1b budgets of attempts', () => {
  test('T1b at the limit an attempt ends, its agent with it, and its model is asked no more', async () => {
    const agent = asking('for (;;) if ((await ask(told)) !== 200) await new Promise((wait) => setTimeout(wait, 5))')
    const { attempt, models, floor } = await modelFloor(
      () => turn(100),
      [{ name: 'greedy', agent, budget: { tokens: 450 }, steer: 'boundary' }],
    )
    const { last } = await attempt('Ask for ever', 'greedy')
    expect(last).toMatchObject({
      outcome: 'budget',
      why: expect.stringMatching(/tokens budget of the run is used up: 500 of 450/),
      agent: 'asker',
      used: { inputTokens: 500, costUsd: 0.0005 },
    })
    // Its successors are told why it ended.
    const own = models.requests.filter(({ prompt }) => !prompt.includes('Earlier attempts'))
    expect(own).toHaveLength(5)
    const [clone] = (await floor.clones.list()).filter(({ id }) => id === 't1-1')
    await expect.poll(() => markedProcesses(clone?.marker ?? '')).toEqual([])
  })

  test('T1e at 80 % its turn is ended to tell it, and what it did is not lost', async () => {
    const agent = asking(
      "if (!told.includes('80 % of the budget')) { await ask(told); setInterval(() => {}, 1_000) }",
      "else { await ask(told); writeFileSync('src/two.js', 'export const two = 2\\n') }",
    )
    const answers = [turn(850), turn(10)]
    const { attempt, models } = await modelFloor(
      () => answers.shift() ?? { status: 500 },
      [{ name: 'told', agent, budget: { tokens: 1_000 } }],
    )
    const { last } = await attempt('Listen', 'told')
    expect(last).toMatchObject({ outcome: 'merged', used: { inputTokens: 860 } })
    expect(models.requests[1]?.prompt).toMatch(/80 % of the budget of this attempt is used up: 850 tokens of 1000/)
    // It remembers nothing, so it is told its task again.
    expect(models.requests[1]?.prompt).toMatch(/# Task T1: Listen/)
  })
})

test('T1 the ledger is made of what the sessions hold: by task, lane, agent and model', async () => {
  const agent = asking('await ask(told); await ask(told)', "writeFileSync('src/two.js', 'export const two = 2\\n')")
  const { attempt, floor } = await modelFloor(
    () => turn(1_000_000),
    [
      { name: 'payer', agent },
      { name: 'idle', agent: commandAgent({ name: 'idler', command: [node, '--version'] }) },
    ],
  )
  await attempt('Pay', 'payer')
  await attempt('Do nothing', 'idle')
  const views = async (name: string) => (await floor.client.session(name).until(({ status }) => status === 'live')).view
  const { document } = await views(floor.sessions.floor)
  const lanes = { payer: await views(floor.sessions.lane('payer')) }
  const ledger = ledgerOf({ floor: floorOf(document.value), lanes, now: Date.now() })
  const paid = { attempts: 1, merged: 1, inputTokens: 2_000_000, costUsd: 2 }
  expect(ledger).toMatchObject({
    tasks: { T1: paid, T2: { attempts: 1, merged: 0, inputTokens: 0 } },
    lanes: { payer: paid },
    agents: { asker: paid, idler: { attempts: 1 } },
    models: { scripted: { inputTokens: 2_000_000, costUsd: 2 } },
    total: { ...paid, attempts: 2 },
  })
  // What has no price has no cost, and not one of nothing.
  expect(ledger.agents['idler']).not.toHaveProperty('costUsd')
  expect(ledgerInWords(ledger)).toMatch(/A merged change cost 2000000 tokens and \$2\.00\.$/)
  expect(ledgerInWords(ledger)).toMatch(/^payer +1 +1 +2000000 +0 +0 +0 +\d+ s +\$2\.00$/m)
})

interface Started {
  readonly chunks: Chunk[]
  readonly start: AgentStart
}

function started(change: Partial<AgentStart> = {}): Started {
  const cwd = testFolder()
  const chunks: Chunk[] = []
  const start: AgentStart = {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', HOME: path.join(cwd, 'home') },
    marker: `test-${path.basename(cwd)}`,
    oversight: 'merge',
    onChunk: async (chunk) => void chunks.push(chunk),
    onPermission: async () => 'allow',
    signal: new AbortController().signal,
    ...change,
  }
  return { chunks, start }
}

const never = new AbortController().signal
const textOf = (chunks: readonly Chunk[]): string => chunks.map((chunk) => ('text' in chunk ? chunk.text : '')).join('')

describe('F3b plain commands', () => {
  test('F3b is told by an argument or by its input, and again what it was told before; what it prints is its text', async () => {
    const script = 'process.stdin.pipe(process.stdout); console.log(process.argv.slice(1))'
    for (const words of [['{prompt}'], []]) {
      const { chunks, start } = started()
      const agent = await commandAgent({ name: 'x', command: [node, '-e', script, ...words] }).start(start)
      expect(await agent.prompt('first ä', never)).toEqual({ end: 'done' })
      expect(textOf(chunks)).toContain('first ä')
      expect(await agent.prompt('second', never)).toEqual({ end: 'done' })
      expect(textOf(chunks).replaceAll('\\n', '\n')).toContain('first ä\n\nsecond')
      expect((await agent.close()).left).toEqual([])
    }
  })

  test('F3b its exit code is shown and decides nothing; silence and floods are ends with a reason', async () => {
    const play = async (script: string, limits: object = {}) => {
      const { chunks, start } = started()
      const agent = await commandAgent({ name: 'x', command: [node, '-e', script], ...limits }).start(start)
      const end = await agent.prompt('go', never)
      await agent.close()
      return { end, said: textOf(chunks) }
    }
    const red = await play("console.error('no such thing'); process.exitCode = 3")
    expect(red.end).toEqual({ end: 'done' })
    expect(red.said).toMatch(/\[x ended with code 3\]\nno such thing/)
    const silent = await play('setInterval(() => {}, 1_000)', { silenceMs: 100 })
    expect(silent.end).toEqual({ end: 'failed', why: 'it printed nothing for 0.1 s' })
    const flood = await play("for (;;) require('node:fs').writeSync(1, 'x'.repeat(1_000))", { maxBytes: 100_000 })
    expect(flood.end).toEqual({ end: 'failed', why: 'it printed more than 100000 bytes' })
  })

  test('F3b F6 stopped in the middle it ends with everything it started', async () => {
    const { chunks, start } = started()
    const script =
      "require('node:child_process').spawn('sleep', ['600'], { detached: true }); console.log('up'); setInterval(() => {}, 1_000)"
    const agent = await commandAgent({ name: 'x', command: [node, '-e', script] }).start(start)
    const cancel = new AbortController()
    const turn = agent.prompt('go', cancel.signal)
    await expect.poll(() => textOf(chunks)).toContain('up')
    cancel.abort()
    expect(await turn).toEqual({ end: 'cancelled' })
    const { ended, left } = await agent.close()
    expect(left).toEqual([])
    expect(ended.map(({ command }) => command)).toContain('sleep 600')
  })
})

describe('F3a profiles', () => {
  test('F3a an agent that is not on this machine is missing, and how to install it is said', async () => {
    for (const profile of Object.values(agentProfiles)) {
      const agent = profiledAgent(profile, { command: ['no-such-program-here'] })
      const error = {
        code: 'agent_missing',
        message: expect.stringMatching(/no program no-such-program-here .*npm install/),
      }
      await expect(agent.start(started().start)).rejects.toMatchObject(error)
    }
    const plain = agentOf('own', { kind: 'acp', command: ['no-such-program-here', '--acp'] })
    await expect(plain.start(started().start)).rejects.toMatchObject({ code: 'agent_missing' })
    expect(() => agentOf('own', { kind: 'acp' })).toThrow('agents.own needs a profile')
  })

  test('F3a each is given the way to its models through the floor, a token of its own, and no key', async () => {
    await using models = await startModelServer({ script: () => turn(1) })
    const key = () => realKey
    const proxy = await startModelProxy({
      models: () => ({
        providers: {
          open: { kind: 'openai', url: `${models.url}/v1`, key },
          claude: { kind: 'anthropic', url: models.url, key },
          google: { kind: 'gemini', url: models.url, key },
        },
      }),
    })
    onTestFinished(() => proxy.close())
    const access = proxy.open()
    for (const { name, setUp } of Object.values(agentProfiles)) {
      const { start } = started({ model: 'some "model"', models: access })
      const env = await setUp(start)
      const files = ['.codex/config.toml', '.config/opencode/headrace.json', '.gemini/settings.json']
      const home = start.env['HOME'] ?? ''
      const written = await Promise.all(files.map((file) => readFile(path.join(home, file), 'utf8').catch(() => '')))
      const all = JSON.stringify(env) + written.join('')
      expect(all, name).toContain(access.token)
      expect(all, name).toContain(proxy.url)
      expect(all, name).not.toContain(realKey)
    }
  })

  test('F3a one whose kind of model the floor has not is told apart', async () => {
    const proxy = await startModelProxy({ models: () => ({ providers: {} }) })
    onTestFinished(() => proxy.close())
    const { start } = started({ models: proxy.open() })
    await expect(agentProfiles.claude.setUp(start)).rejects.toMatchObject({
      code: 'agent_failed',
      message: expect.stringContaining('models.providers'),
    })
  })
})
