/** Agents that speak AG-UI, as agents of real sessions by their address alone. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AgUiEvent, AgUiInput } from '@headrace/formats/ag-ui'
import { answerOf, openStage, over } from './support/http-agent-stage.ts'
import { request } from './support/peers.ts'
import { RealServer } from './support/real-server.ts'
import { openUpstream, sse, type Upstream } from './support/upstream.ts'

let server: RealServer
beforeAll(async () => void (server = await RealServer.start()))
afterAll(() => server[Symbol.asyncDispose]())

/** An agent that answers its nth call with the nth of these. */
function agent(...answers: readonly (readonly AgUiEvent[])[]): Promise<Upstream> {
  const calls: AgUiInput[] = []
  return openUpstream((call) => {
    const input = call.body as unknown as AgUiInput // what the tests look at
    calls.push(input)
    const ids = { threadId: input.threadId, runId: input.runId }
    const say = sse(call)
    say({ type: 'RUN_STARTED', ...ids })
    for (const event of answers[calls.length - 1] ?? [])
      say(event.type === 'RUN_FINISHED' ? { ...event, ...ids } : event)
    call.response.end()
  })
}

const finished = { type: 'RUN_FINISHED', threadId: '', runId: '' } as const
const says = (messageId: string, delta: string): readonly AgUiEvent[] => [
  { type: 'TEXT_MESSAGE_START', messageId, role: 'assistant' },
  { type: 'TEXT_MESSAGE_CONTENT', messageId, delta },
  { type: 'TEXT_MESSAGE_END', messageId },
]
const calls = (toolCallId: string, toolCallName: string, delta: string): readonly AgUiEvent[] => [
  { type: 'TOOL_CALL_START', toolCallId, toolCallName },
  { type: 'TOOL_CALL_ARGS', toolCallId, delta },
  { type: 'TOOL_CALL_END', toolCallId },
]

describe('an AG-UI agent', () => {
  test('H2a: is asked as its clients ask it, and what it says becomes the answer', async () => {
    await using upstream = await agent([...says('1', 'Hello.'), finished])
    await using stage = await openStage(server, upstream, { format: 'ag-ui', body: { state: { open: 3 } } })
    await stage.session.send('Hi')
    expect(await over(stage.session)).toMatchObject({ reason: 'complete' })
    expect(answerOf(stage.session)).toEqual({ text: 'Hello.', status: 'complete' })
    expect((await upstream.call(1)).body).toMatchObject({
      threadId: stage.session.id,
      runId: expect.stringMatching(/^r\d+\.1$/),
      state: { open: 3 },
      messages: [{ id: 'm2', role: 'user', content: 'Hi' }],
      tools: [],
      context: [],
      forwardedProps: {},
    })
  })

  test('H7: an interrupt becomes a request, and the answer resumes it', async () => {
    const interrupts = [{ id: 'int-1', reason: 'tool_call', message: 'Send it?', toolCallId: 'c1' }]
    await using upstream = await agent(
      [...calls('c1', 'send', '{"to":"ada"}'), { ...finished, outcome: { type: 'interrupt', interrupts } }],
      [
        { type: 'TOOL_CALL_RESULT', messageId: 'x', toolCallId: 'c1', content: '"sent"', role: 'tool' },
        ...says('2', 'Sent.'),
        finished,
      ],
    )
    await using stage = await openStage(server, upstream, { format: 'ag-ui' })
    const { session } = stage
    await session.send('Mail ada')
    const asked = await request(session, ({ status }) => status === 'open')
    expect(asked.spec).toMatchObject({ kind: 'approval', title: 'Send it?' })
    await session.answer(asked.id, { decision: 'approve' })
    expect(await over(session)).toMatchObject({ reason: 'complete', attempt: 2 })
    expect(answerOf(session)).toEqual({ text: 'Sent.', status: 'complete' })
    const { body } = await upstream.call(2)
    expect(body['resume']).toEqual([{ interruptId: 'int-1', status: 'resolved', payload: { approved: true } }])
    expect(JSON.stringify(body['messages'])).not.toContain('before it had a result')
    expect(session.getSnapshot().view.messages.at(-1)?.parts).toMatchObject([
      { kind: 'tool', name: 'send', output: 'sent', status: 'closed' },
      { kind: 'text', text: 'Sent.' },
    ])
    expect(session.getSnapshot().view.requests).toHaveLength(1)
  })

  test('H7: a call without a result runs on a client, and the output goes back as a message', async () => {
    await using upstream = await agent([...calls('c1', 'locate', '{}'), finished], [...says('2', 'In Ulm.'), finished])
    await using stage = await openStage(server, upstream, { format: 'ag-ui' })
    stage.session.clientTools({ locate: () => ({ city: 'Ulm' }) })
    await stage.session.send('Where am I?')
    expect(await over(stage.session)).toMatchObject({ reason: 'complete' })
    expect(answerOf(stage.session)).toEqual({ text: 'In Ulm.', status: 'complete' })
    expect((await upstream.call(2)).body['messages']).toMatchObject([
      { role: 'user' },
      { role: 'assistant', toolCalls: [{ id: 'c1', function: { name: 'locate' } }] },
      { role: 'tool', toolCallId: 'c1', content: '{"city":"Ulm"}' },
    ])
  })

  test('H5: events out of order, and its own failure, end the run with that reason', async () => {
    await using upstream = await agent(
      [...says('1', 'Well'), { type: 'TEXT_MESSAGE_CONTENT', messageId: '9', delta: 'lost' }],
      [{ type: 'RUN_ERROR', message: 'no tokens left' }],
    )
    await using stage = await openStage(server, upstream, { format: 'ag-ui' })
    await stage.session.send('Hi')
    expect(await over(stage.session)).toMatchObject({
      reason: 'failed',
      detail: expect.stringMatching(/is for 9, not begun/),
    })
    expect(answerOf(stage.session)).toEqual({ text: 'Well', status: 'interrupted' })
    await using other = await openStage(server, upstream, { format: 'ag-ui' })
    await other.session.send('Hi')
    expect(await over(other.session)).toMatchObject({ reason: 'failed', detail: 'The agent failed: no tokens left' })
  })
})
