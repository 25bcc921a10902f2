import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { canonical, sha256, type CommandBody, type SessionView } from '@headrace/core'
import { ServerProcess, lines } from './support/server.ts'

const missing = spawnSync('python3', ['--version']).error ? 'python3 is not installed' : undefined
if (missing !== undefined && process.env['CI']) throw new Error(missing)

/** The example as a process of its own, with a token that lets it do what an agent must and no more. */
class PythonAgent implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>

  private constructor(child: ChildProcess) {
    this.#child = child
    this.#lines = lines(child)
  }

  static async start(server: ServerProcess): Promise<PythonAgent> {
    const claims = {
      sub: 'python-1',
      kind: 'agent',
      agents: ['planner'],
      cap: [{ s: '**', op: ['read', 'write-as-agent'] }],
    }
    const minted = await server.fetch('/v1/tokens', { method: 'POST', body: JSON.stringify(claims) })
    const { token } = (await minted.json()) as { token: string } // the shape that PROTOCOL.md gives
    const env = { ...process.env, HEADRACE_URL: server.url, HEADRACE_TOKEN: token, HEADRACE_LEASE_MS: '2000' }
    const file = join(import.meta.dirname, '../examples/python-agent/agent.py')
    const child = spawn('python3', [file], { env, stdio: ['ignore', 'pipe', 'inherit'] })
    const agent = new PythonAgent(child)
    await agent.says('ready')
    return agent
  }

  /** Waits for the next line that begins so. */
  async says(start: string): Promise<string> {
    for (;;) {
      const line = await this.#lines.next()
      if (line.done) throw new Error(`the agent ended before it said ${start}`)
      if (line.value.startsWith(start)) return line.value
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }
}

const path = '/v1/sessions/trip'

async function command(server: ServerProcess, body: CommandBody): Promise<void> {
  const response = await server.fetch(`${path}/commands`, { method: 'POST', body: JSON.stringify({ body }) })
  expect(await response.json()).toMatchObject({ outcome: 'accepted' })
}

async function view(server: ServerProcess): Promise<SessionView> {
  return (await (await server.fetch(path)).json()) as SessionView // the shape that PROTOCOL.md gives
}

const text = (words: string) => [{ kind: 'text', text: words }] as const
const ask = (words: string): CommandBody => ({ type: 'send', agent: 'planner', parts: text(words) })

/** What the answer to a run says so far. */
function said({ messages }: SessionView, run: string): string {
  const parts = messages.find(({ id }) => id === `${run}.answer`)?.parts ?? []
  return parts.map((part) => (part.kind === 'text' ? part.text : '')).join('')
}

async function started(server: ServerProcess): Promise<void> {
  expect((await server.fetch('/v1/sessions', { method: 'POST', body: '{"id":"trip"}' })).status).toBe(201)
}

describe.skipIf(missing !== undefined)(`a Python agent with only HTTP${missing ? `: ${missing}` : ''}`, () => {
  test('C5 C6 C7 it holds still, takes steers, asks, lets go and goes on', async () => {
    await using server = await ServerProcess.start()
    await started(server)
    await using agent = await PythonAgent.start(server)
    await command(server, ask('Where to in May?'))
    await agent.says('claimed r3 attempt 1')
    await expect.poll(async () => said(await view(server), 'r3')).toContain('You')

    await command(server, { type: 'pause', run: 'r3' })
    await agent.says('paused')
    await command(server, { type: 'steer', run: 'r3', parts: text('By train.') })
    await command(server, { type: 'resume', run: 'r3' })
    await agent.says('suspended r3')
    const log = await server.log('trip')
    const at = (type: string): number => log.findIndex((event) => event.type === type)
    expect(log.slice(at('run.paused'), at('run.resumed')).filter(({ type }) => type === 'part.delta')).toEqual([])
    const draft = said(await view(server), 'r3')
    expect(draft).toContain('(Noted: By train.) ')
    expect(draft.replace('(Noted: By train.) ', '')).toBe(
      'You asked: "Where to in May?" I would answer it in three steps, which cost nothing. ',
    )
    expect((await view(server)).runs).toMatchObject([
      { status: 'suspended', waitsFor: ['r3.go'], steers: [{ status: 'consumed' }] },
    ])

    const digest = sha256(canonical({ do: 'three steps' }))
    await command(server, { type: 'answer', request: 'r3.go', answer: { decision: 'approve' }, digest })
    await agent.says('claimed r3 attempt 2')
    await agent.says('ended r3')
    expect(said(await view(server), 'r3')).toMatch(/cost nothing\. Done\.$/)
    expect(await view(server)).toMatchObject({
      runs: [{ status: 'ended', reason: 'complete', attempt: 2 }],
      usage: { inputTokens: 0, outputTokens: 20 },
    })
  })

  test('C3 C3b it stops when somebody says so, also while it is paused', async () => {
    await using server = await ServerProcess.start()
    await started(server)
    await using agent = await PythonAgent.start(server)
    await command(server, ask('One'))
    await agent.says('claimed r3')
    await command(server, { type: 'cancel', target: { run: 'r3' } })
    await agent.says('stopped r3')
    await command(server, ask('Two'))
    const second = (await agent.says('claimed')).split(' ')[1] ?? ''
    await command(server, { type: 'pause', run: second })
    await agent.says('paused')
    await command(server, { type: 'cancel', target: { all: true } })
    await agent.says(`stopped ${second}`)
    const ends = async (): Promise<unknown> => (await server.log('trip')).filter(({ type }) => type === 'run.ended')
    // By the agent itself, in a batch of its own, and not by the server after the grace.
    const byAgent = { actor: 'agent:planner', n: expect.any(Number), data: { reason: 'cancelled' } }
    await expect.poll(ends).toMatchObject([byAgent, byAgent])
  })

  test('R3 R4 killed in the middle, another process goes on with its run', async () => {
    await using server = await ServerProcess.start()
    await started(server)
    await using first = await PythonAgent.start(server)
    await command(server, ask('Where to?'))
    await first.says('claimed r3 attempt 1')
    await expect.poll(async () => said(await view(server), 'r3')).toContain('asked')
    await first[Symbol.asyncDispose]()
    await using second = await PythonAgent.start(server)
    await second.says('claimed r3 attempt 2')
    await second.says('suspended r3')
    expect(said(await view(server), 'r3').match(/You asked/g)).toHaveLength(1)
  })
})
