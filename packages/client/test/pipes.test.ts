/** The real SDKs against models that follow a script, through a real worker and a real server, into a session. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { textOf, type EndedRun, type Message, type Part } from '@headrace/core'
import { startModelServer, type ModelServer, type Refusal, type Turn } from '@headrace/testing/model-server'
import { Peers, ended, reaches } from './support/peers.ts'
import { providers, type Provider } from './support/providers.ts'
import { RealServer } from './support/real-server.ts'
import type { Session } from '@headrace/client'

let models: ModelServer
let server: RealServer
let turn: Turn | Refusal = { steps: [] }
let sessions = 0

beforeAll(async () => {
  globalThis.AI_SDK_LOG_WARNINGS = false
  models = await startModelServer({ script: () => turn })
  server = await RealServer.start()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await models.close()
})

interface Asked {
  readonly session: Session
  readonly answer: () => Message | undefined
  readonly run: () => EndedRun
}

/** Asks an agent that pipes what the provider streams. */
async function ask(peers: Peers, provider: Provider, script: Turn | Refusal): Promise<Asked> {
  turn = script
  const agent = `agent-${(sessions += 1)}`
  await peers.worker(async (run) => run.pipe(await provider(models.url, textOf(run.input), run.signal)), { agent })
  const session = (await peers.client()).session(`s-${sessions}`)
  await session.create()
  session.subscribe(() => undefined)
  await session.send({ agent, text: 'Hi' })
  return {
    session,
    answer: () => session.getSnapshot().view.messages.find(({ role }) => role === 'assistant'),
    run: () => {
      const [run] = session.getSnapshot().view.runs
      if (run?.status !== 'ended') throw new Error('The run goes on.')
      return run
    },
  }
}

function said(message: Message | undefined): string {
  return message ? textOf(message) : ''
}

function part<K extends Part['kind']>(message: Message | undefined, kind: K): readonly Extract<Part, { kind: K }>[] {
  const isKind = (found: Part): found is Extract<Part, { kind: K }> => found.kind === kind
  return message?.parts.filter(isKind) ?? []
}

describe.each(Object.entries(providers))('%s', (_, provider: Provider) => {
  test('B6: text and what was used', async () => {
    await using peers = new Peers(server)
    const usage = { inputTokens: 30, outputTokens: 7, cachedTokens: 20 }
    const { session, answer, run } = await ask(peers, provider, {
      steps: [{ type: 'text', text: 'Grüße, 世界! 👋🏽' }],
      usage,
    })
    await ended(session)
    expect(said(answer())).toBe('Grüße, 世界! 👋🏽')
    expect(run()).toMatchObject({ reason: 'complete', usage })
    expect(answer()?.parts.map(({ status }) => status)).toEqual(['closed'])
    expect(peers.errors).toEqual([])
  })

  test('B6: reasoning apart from text, and tools side by side', async () => {
    await using peers = new Peers(server)
    const calls = [
      { name: 'a', input: { city: 'Oslo', days: [1, 2, 3] }, id: 'call-a' },
      { name: 'b', input: {}, id: 'call-b' },
    ]
    const { session, answer, run } = await ask(peers, provider, {
      steps: [
        { type: 'reasoning', text: 'Let me look at that.' },
        { type: 'text', text: 'One moment.' },
        { type: 'tools', calls },
      ],
    })
    await ended(session)
    expect(run().reason).toBe('complete')
    expect(said(answer())).toBe('One moment.')
    expect(
      part(answer(), 'tool').map(({ name, callId, input, text }) => ({ name, callId, input, parsed: parse(text) })),
    ).toEqual([
      { name: 'a', callId: 'call-a', input: calls[0]?.input, parsed: calls[0]?.input },
      { name: 'b', callId: 'call-b', input: {}, parsed: {} },
    ])
    // Chat Completions has no reasoning; where it comes all the same, it must not be in the text.
    const thoughts = part(answer(), 'reasoning')
      .map(({ text }) => text)
      .join('')
    expect(['Let me look at that.', '']).toContain(thoughts)
    expect(peers.errors).toEqual([])
  })

  test('B3 B6: a model that is cut short says so', async () => {
    await using peers = new Peers(server)
    const { session, answer, run } = await ask(peers, provider, {
      steps: [{ type: 'text', text: 'Once upon' }],
      stop: 'length',
    })
    await ended(session)
    expect(run().reason).toBe('complete')
    expect(part(answer(), 'data')).toMatchObject([{ name: 'stop-reason', value: { reason: 'length' } }])
  })

  test('B4 B6: an error in the middle ends the run in its own words, and what was said stays, marked', async () => {
    await using peers = new Peers(server)
    const { session, answer, run } = await ask(peers, provider, {
      steps: [
        { type: 'text', text: 'Half of ' },
        { type: 'error', message: 'The model overheated.' },
      ],
    })
    await ended(session)
    expect(run()).toMatchObject({ reason: 'failed', detail: expect.stringContaining('The model overheated.') })
    expect(answer()?.parts).toMatchObject([{ kind: 'text', text: 'Half of ', status: 'interrupted' }])
  })

  test.each([
    ['is reset', { type: 'reset' }],
    ['breaks off', { type: 'break-off' }],
    ['is no JSON', { type: 'event', event: 'content_block_delta', data: '{"type": no' }],
  ] as const)(
    'B4 B6: a stream that %s ends the run with the reason, and what was said stays, marked',
    async (_name, fault) => {
      await using peers = new Peers(server)
      // A reset takes along what is still on its way.
      const arrived = Promise.withResolvers<void>()
      const steps = [{ type: 'text', text: 'Half of ' }, { type: 'wait', for: arrived.promise }, fault] as const
      const { session, answer, run } = await ask(peers, provider, { steps })
      await reaches(session, () => said(answer()) === 'Half of ')
      arrived.resolve()
      await ended(session)
      expect(run().reason).toBe('failed')
      expect(run().detail).toMatch(reasons)
      expect(answer()?.parts).toMatchObject([{ kind: 'text', text: 'Half of ', status: 'interrupted' }])
    },
  )

  test('B6: a provider that refuses ends the run in its own words', async () => {
    await using peers = new Peers(server)
    const { session, run } = await ask(peers, provider, { status: 429, message: 'You are out of credits.' })
    await ended(session)
    expect(run()).toMatchObject({ reason: 'failed', detail: expect.stringContaining('You are out of credits.') })
  })

  test('B7: cancelling the run aborts the request, also while the model says nothing', async () => {
    await using peers = new Peers(server)
    const asked = models.requests.length
    const { session, answer, run } = await ask(peers, provider, {
      steps: [{ type: 'text', text: 'Half of ' }, { type: 'hang' }],
    })
    await reaches(session, () => said(answer()) === 'Half of ')
    const { id } = session.getSnapshot().view.runs[0] ?? { id: '' }
    await session.cancel({ run: id })
    expect(await (await models.request(asked)).ended).toBe('aborted')
    await ended(session)
    expect(run().reason).toBe('cancelled')
    expect(answer()?.parts).toMatchObject([{ kind: 'text', text: 'Half of ', status: 'interrupted' }])
    expect(peers.errors).toEqual([])
  })
})

/** What the SDKs say of a connection that is reset, our own words for a stream that breaks off, and of JSON that is none. */
const reasons = /terminated|ECONNRESET|broke off|missing finish_reason|JSON/

function parse(text: string): unknown {
  return text === '' ? {} : (JSON.parse(text) as unknown)
}
