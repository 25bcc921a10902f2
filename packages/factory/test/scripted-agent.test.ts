import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import type { Chunk } from '@headrace/client/agent'
import { expect, onTestFinished, test } from 'vitest'
import {
  scriptedAgent,
  type AcpLimits,
  type AgentAtWork,
  type AgentStart,
  type PermissionAsk,
  type Script,
  type ScriptStep,
} from '../src/index.ts'

interface Played {
  readonly agent: AgentAtWork
  readonly chunks: Chunk[]
  readonly cwd: string
  readonly stop: AbortController
}

const never = new AbortController().signal

async function start(
  script: Script | readonly ScriptStep[],
  options: Partial<AgentStart> & { limits?: AcpLimits } = {},
): Promise<Played> {
  const { limits, ...change } = options
  const cwd = change.cwd ?? (await mkdtemp(path.join(tmpdir(), 'headrace-agent-')))
  const chunks: Chunk[] = []
  const stop = new AbortController()
  const kind = scriptedAgent('scripted', () => ('turns' in script ? script : { turns: [script] }), limits)
  const agent = await kind.start({
    cwd,
    env: { PATH: process.env['PATH'] ?? '', HOME: path.join(cwd, 'home') },
    marker: `test-${path.basename(cwd)}-${Math.random()}`,
    oversight: 'merge',
    onChunk: async (chunk) => void chunks.push(chunk),
    onPermission: async () => 'allow',
    signal: stop.signal,
    ...change,
  })
  onTestFinished(async () => {
    await agent.close()
    await rm(cwd, { recursive: true, force: true })
  })
  return { agent, chunks, cwd, stop }
}

test('F4 what an agent asks about is its call with all that it said of it before', async () => {
  const asked: PermissionAsk[] = []
  const { agent, chunks } = await start([{ do: 'ask', argv: ['echo', 'hello'], shown: true }], {
    onPermission: async (ask) => {
      asked.push(ask)
      return 'allow'
    },
  })
  expect(await agent.prompt('go', never)).toEqual({ end: 'done' })
  expect(asked).toMatchObject([{ callId: '1.1', tool: 'execute', title: 'echo hello', command: 'echo hello' }])
  expect(chunks.at(-1)).toEqual({ type: 'tool-result', callId: '1.1', output: 'hello\n' })
})

test('F3 what an agent says and does over the protocol becomes chunks, and what it does is done', async () => {
  const { agent, chunks, cwd } = await start([
    { do: 'think', text: 'hm' },
    { do: 'say', text: 'I write it.' },
    { do: 'write', path: 'a/b.txt', text: 'hello' },
    { do: 'run', argv: ['cat', 'a/b.txt'] },
    { do: 'run', argv: ['false'] },
  ])
  expect(await agent.prompt('go', never)).toEqual({ end: 'done' })
  expect(await readFile(path.join(cwd, 'a/b.txt'), 'utf8')).toBe('hello')
  expect(chunks).toEqual([
    { type: 'reasoning', text: 'hm' },
    { type: 'text', text: 'I write it.' },
    {
      type: 'tool-call',
      callId: '1.1',
      name: 'edit',
      input: { title: 'write a/b.txt', paths: [path.join(cwd, 'a/b.txt')], input: {} },
    },
    { type: 'tool-result', callId: '1.1', output: '5 characters' },
    {
      type: 'tool-call',
      callId: '1.2',
      name: 'execute',
      input: { title: 'cat a/b.txt', input: { command: ['cat', 'a/b.txt'] } },
    },
    { type: 'tool-result', callId: '1.2', output: 'hello' },
    { type: 'tool-call', callId: '1.3', name: 'execute', input: { title: 'false', input: { command: ['false'] } } },
    { type: 'tool-error', callId: '1.3', error: 'The call failed.' },
  ])
})

test('F4 what it asks about is decided by us, and what it may not do it does not', async () => {
  const asked: unknown[] = []
  const { agent, chunks, cwd } = await start([{ do: 'ask', argv: ['touch', 'x'] }], {
    onPermission: async (ask) => {
      asked.push(ask)
      return 'reject'
    },
  })
  await agent.prompt('go', never)
  expect(asked).toMatchObject([{ tool: 'execute', command: 'touch x', title: 'touch x', paths: [] }])
  expect(chunks.at(-1)).toEqual({ type: 'tool-error', callId: '1.1', error: 'I may not.' })
  await expect(readFile(path.join(cwd, 'x'))).rejects.toThrow('ENOENT')
})

test('F6 a turn that is cancelled ends, also when the agent does not listen', async () => {
  for (const step of [{ do: 'wait', ms: 60_000 }, { do: 'hang' }] as const) {
    const { agent } = await start([{ do: 'say', text: 'x' }, step], { limits: { cancelMs: 100 } })
    const cancel = new AbortController()
    const turn = agent.prompt('go', cancel.signal)
    cancel.abort()
    expect(await turn).toEqual({ end: 'cancelled' })
  }
})

test('F7a everything that it started is ended with it, also what left its session', async () => {
  const { agent } = await start([
    { do: 'daemon', ms: 600_000 },
    { do: 'daemon', ms: 600_000 },
  ])
  await agent.prompt('go', never)
  const proof = await agent.close()
  expect(proof.left).toEqual([])
  expect(proof.ended.filter(({ command }) => command.startsWith('sleep 600'))).toHaveLength(2)
  const alive = (): readonly number[] => proof.ended.map(({ pid }) => pid).filter(isAlive)
  await expect.poll(alive).toEqual([])
})

test('F7 an agent that is started again goes on with the session it had', async () => {
  const script = { turns: [[{ do: 'say', text: 'first' }], [{ do: 'say', text: 'second' }]] } as const
  const before = await start(script)
  await before.agent.prompt('go', never)
  await before.agent.close()
  const after = await start(script, { cwd: before.cwd, resume: before.agent.session ?? '' })
  expect(after.agent).toMatchObject({ resumed: true, session: before.agent.session })
  await after.agent.prompt('go on', never)
  expect(after.chunks).toEqual([{ type: 'text', text: 'second' }])
  const lost = await start(script, { cwd: before.cwd, resume: 'unknown' })
  expect(lost.agent.resumed).toBe(false)
})

test('F3 an agent that speaks garbage, ends, is silent, floods or never comes up has a stated end, and what it said is kept', async () => {
  const garbage = await start([
    { do: 'say', text: 'a' },
    { do: 'exit', count: 7 },
  ])
  expect(await garbage.agent.prompt('go', never)).toEqual({
    end: 'failed',
    why: expect.stringMatching(/^it ended with code 7/) as string,
  })
  expect(garbage.chunks).toEqual([{ type: 'text', text: 'a' }])
  const nonsense = await start([
    { do: 'garbage', text: 'Segmentation fault\n' },
    { do: 'say', text: 'b' },
  ])
  expect(await nonsense.agent.prompt('go', never)).toEqual({ end: 'done' })
  const silent = await start([{ do: 'hang' }], { limits: { silenceMs: 200 } })
  expect(await silent.agent.prompt('go', never)).toEqual({ end: 'failed', why: 'it said nothing for 0.2 s' })
  const flood = await start([{ do: 'flood', count: 3_000_000 }], { limits: { maxBytes: 1_000_000 } })
  expect(await flood.agent.prompt('go', never)).toEqual({ end: 'failed', why: 'it said more than 1000000 bytes' })
  const stopped = await start([{ do: 'hang' }])
  const turn = stopped.agent.prompt('go', never)
  stopped.stop.abort()
  expect(await turn).toEqual({ end: 'failed', why: 'it was stopped' })
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
