import { existsSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { connect, type Client, type Session, type SessionSnapshot } from '@headrace/client'
import { textOf } from '@headrace/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeScript } from '../src/demo/scripted/choose.ts'
import { folder, headrace, start, type Ready, type Running } from './support/headrace.ts'

interface DemoReady extends Ready {
  readonly links: { readonly operator: string; readonly colleague: string }
}

async function demo(data: string, args: readonly string[] = []): Promise<{ running: Running; ready: DemoReady }> {
  const running = start(['demo', '--port', '0', '--json', '--data', data, ...args])
  const [line] = await running.seen(/^.*\n/)
  return { running, ready: JSON.parse(line) as DemoReady } // what the line holds is tested below
}

function enter(link: string, options: { readonly label?: string } = {}): Client & AsyncDisposable {
  const { origin, hash } = new URL(link)
  const token = new URLSearchParams(hash.slice(1)).get('token') ?? ''
  const client = connect({ url: origin, token, ...options })
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() })
}

/** Waits until what a reader sees is as wanted. */
function until(session: Session, isSo: (snapshot: SessionSnapshot) => boolean): Promise<SessionSnapshot> {
  return new Promise((resolve) => {
    const look = (): void => {
      const snapshot = session.getSnapshot()
      if (!isSo(snapshot)) return
      stop()
      resolve(snapshot)
    }
    const stop = session.subscribe(look)
    look()
  })
}

function scripted(voice: 'writer' | 'critic', question: string): string {
  return writeScript(voice, question)
    .map((scene) => (scene.type === 'text' ? scene.text : ''))
    .join('')
}

describe('headrace demo', () => {
  let data: Awaited<ReturnType<typeof folder>>
  let running: Running
  let ready: DemoReady

  beforeAll(async () => {
    data = await folder()
    ;({ running, ready } = await demo(data.path))
  })
  afterAll(async () => {
    await running[Symbol.asyncDispose]()
    await data[Symbol.asyncDispose]()
  })

  test('the first visitor meets an answer that is being written', async () => {
    await using place = await folder()
    const fast = await demo(place.path, ['--speed', '4'])
    await using _running = fast.running
    const { ready } = fast
    await using ada = enter(ready.links.operator)
    const watching = ada.session('demo/welcome')
    const before = await until(watching, ({ status }) => status === 'live')
    expect(before.view).toMatchObject({
      agent: 'writer',
      metadata: { demo: true, agents: ['writer', 'critic'], title: expect.any(String) },
      runs: [],
    })
    expect(before.messages.map(({ name }) => name)).toEqual(['Guide'])

    await using page = enter(ready.links.operator)
    const opened = page.session('demo/welcome', { present: true })
    const writing = await until(opened, ({ messages }) =>
      messages.some(({ role, status, parts }) => role === 'assistant' && status === 'open' && parts.length > 0),
    )
    const [run] = writing.view.runs
    expect(run).toMatchObject({ agent: 'writer', status: 'active' })
    const done = await until(opened, ({ view }) => view.runs[0]?.status === 'ended')
    expect(done.view.runs).toMatchObject([
      { status: 'ended', reason: 'complete', usage: { outputTokens: expect.any(Number) } },
    ])
    const answer = done.messages.at(-1)
    expect(answer?.parts.map(({ kind }) => kind)).toEqual(['reasoning', 'tool', 'text'])
    expect(answer && textOf(answer)).toBe(
      scripted('writer', 'Writer, what is a durable session, and why would I want one?'),
    )
  })

  test('a second link is another person', async () => {
    await using ada = enter(ready.links.operator)
    await using grace = enter(ready.links.colleague)
    expect(await ada.me()).toMatchObject({ actor: 'operator:ada', name: 'Ada' })
    expect(await grace.me()).toMatchObject({ actor: 'user:grace', name: 'Grace, support' })
    for (const link of Object.values(ready.links)) {
      expect(new URLSearchParams(new URL(link).hash.slice(1)).get('session')).toBe('demo/welcome')
    }
  })

  test('C3: two agents answer at the same time, and one can be stopped without the other', async () => {
    await using ada = enter(ready.links.operator)
    const session = ada.session('two')
    await session.create({ agent: 'writer' })
    await Promise.all([
      session.send('What about disconnects?'),
      session.send({ text: 'What about disconnects?', agent: 'critic' }),
    ])
    const speaks = ({ messages }: SessionSnapshot, agent: string): boolean =>
      messages.some((message) => message.author === `agent:${agent}` && textOf(message) !== '')
    await until(session, (snapshot) => speaks(snapshot, 'writer') && speaks(snapshot, 'critic'))
    await session.cancel({ agent: 'writer' })
    const { view, messages } = await until(session, ({ view: { runs } }) =>
      runs.every(({ status }) => status === 'ended'),
    )
    expect(view.runs.map((run) => (run.status === 'ended' ? [run.agent, run.reason] : run))).toEqual([
      ['writer', 'cancelled'],
      ['critic', 'complete'],
    ])
    const [, writer, critic] = ['', 'writer', 'critic'].map((agent) =>
      messages.find(({ author }) => author === `agent:${agent}`),
    )
    const partial = writer ? textOf(writer) : ''
    expect(writer?.status).toBe('interrupted')
    expect(scripted('writer', 'What about disconnects?').startsWith(partial)).toBe(true)
    expect(partial.length).toBeLessThan(scripted('writer', 'What about disconnects?').length)
    expect(critic && textOf(critic)).toBe(scripted('critic', 'What about disconnects?'))
  })

  test('send --follow prints exactly the answer, from a session that names no agent', async () => {
    const ended = await headrace([
      'send',
      'a/question',
      'Best',
      'recipe',
      'for bread?',
      '--agent',
      'critic',
      '--create',
      '--follow',
      '--data',
      data.path,
    ])
    expect(ended).toEqual({ code: 0, stdout: `${scripted('critic', 'Best recipe for bread?')}\n`, stderr: '' })
  })

  test('send --follow ends with 6 when somebody stops the answer, with what there was', async () => {
    await using waiting = start([
      'send',
      'b/question',
      'How do tabs stay in sync?',
      '--create',
      '--follow',
      '--data',
      data.path,
    ])
    await using ada = enter(ready.links.operator)
    await ada.session('b/question').create()
    await until(ada.session('b/question'), ({ messages }) =>
      messages.some((message) => message.role === 'assistant' && textOf(message).length > 20),
    )
    await headrace(['cancel', 'b/question', '--data', data.path])
    const { code, stdout, stderr } = await waiting.ended
    expect({ code, stderr }).toEqual({ code: 6, stderr: 'error: The answer was stopped.\n' })
    expect(scripted('writer', 'How do tabs stay in sync?').startsWith(stdout.trimEnd())).toBe(true)
    expect(stdout.length).toBeGreaterThan(20)
  })

  test('C4: Ctrl-C ends the waiting and not the work', async () => {
    await using waiting = start([
      'send',
      'c/question',
      'What about a crash?',
      '--create',
      '--follow',
      '--data',
      data.path,
    ])
    await using ada = enter(ready.links.operator)
    const session = ada.session('c/question')
    await session.create()
    await until(session, ({ messages }) => messages.some((message) => message.role === 'assistant'))
    waiting.kill('SIGINT')
    expect(await waiting.ended).toMatchObject({
      code: 130,
      stderr: expect.stringContaining('headrace cancel c/question'),
    })
    expect((await until(session, () => true)).view.runs[0]?.status).toBe('active')
    await session.cancel()
  })

  test('--json holds what scripts need; server.json lets the other commands find it', () => {
    expect(ready).toMatchObject({
      ready: true,
      url: expect.stringContaining('http://127.0.0.1:'),
      pid: running.process.pid,
    })
    const file = path.join(data.path, 'server.json')
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ url: ready.url, token: ready.token })
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })
})

describe('headrace demo, started again', () => {
  test('keeps its sessions, greets once, and says what to try', async () => {
    await using data = await folder()
    const first = await demo(data.path)
    expect(await headrace(['send', 'kept', 'hello', '--create', '--data', data.path])).toMatchObject({ code: 0 })
    first.running.kill('SIGINT')
    expect(await first.running.ended).toMatchObject({ code: 0 })
    expect(existsSync(path.join(data.path, 'server.json'))).toBe(false)

    await using second = start(['demo', '--port', '0', '--data', data.path])
    await second.seen(/Press Ctrl-C to stop\.\n/)
    expect(second.stdout).toMatch(/You \(Ada, operator\) {3}http:\/\/127\.0\.0\.1:\d+\/#token=/)
    expect(second.stdout).toContain('Try, in this order:')
    const sessions = await headrace(['sessions', '--json', '--data', data.path])
    const rows = sessions.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string; messages: number })
    expect(rows.find(({ id }) => id === 'demo/welcome')?.messages).toBe(1)
    expect(rows.map(({ id }) => id)).toContain('kept')
  })

  test('R4: an answer that kill -9 cut off is written again, not twice', async () => {
    await using data = await folder()
    const first = await demo(data.path)
    const ada = enter(first.ready.links.operator)
    await ada.session('cut').create({ agent: 'critic' })
    await ada.session('cut').send('What about tabs?')
    await until(ada.session('cut'), ({ messages }) =>
      messages.some((message) => message.role === 'assistant' && textOf(message).length > 20),
    )
    first.running.kill('SIGKILL')
    await first.running.ended
    await ada.close()

    const second = await demo(data.path)
    await using _running = second.running
    await using grace = enter(second.ready.links.colleague)
    const { view, messages } = await until(
      grace.session('cut'),
      (snapshot) => snapshot.view.runs[0]?.status === 'ended',
    )
    expect(view.runs[0]).toMatchObject({ attempt: 2, reason: 'complete' })
    expect(messages.filter(({ role }) => role === 'assistant').map((message) => textOf(message))).toEqual([
      scripted('critic', 'What about tabs?'),
    ])
  })
})
