import { describe, expect, test } from 'vitest'
import { promptView, visibleView, type PartStart, type PromptMessage } from '../src/index.ts'
import { bob, grantOf, open, ops, text, type TestSession } from './support.ts'

function words(prompt: readonly PromptMessage[]): readonly string[] {
  return prompt.map(({ parts }) => parts.map((part) => (part.kind === 'text' ? part.text : part.kind)).join('+'))
}

/** An input with a complete answer. */
function turn(session: TestSession, question: string, agent = 'assistant'): string {
  const run = session.start({ parts: text(question), agent })
  session.write(run, ops.open(), ops.delta(`re: ${question}`), ops.end())
  return run
}

describe('S8: the prompt of an agent', () => {
  test('is the line to its input, with every author named', () => {
    const session = open()
    turn(session, 'one')
    session.accept({ type: 'post', parts: text('by the way') }, { as: bob })
    turn(session, 'two', 'coder')
    const run = session.start({ parts: text('three') })
    const prompt = promptView(session.view, { agent: 'assistant', run })
    expect(prompt.map(({ role, author, name }) => [role, author, name])).toEqual([
      ['user', 'user:ada', 'Ada'],
      ['assistant', 'agent:assistant', 'assistant'],
      ['user', 'user:bob', 'bob'],
      ['user', 'user:ada', 'Ada'],
      ['user', 'agent:coder', 'coder'],
      ['user', 'user:ada', 'Ada'],
    ])
    expect(words(prompt)).toEqual(['one', 're: one', 'by the way', 'two', 're: two', 'three'])
    expect(promptView(session.view, { agent: 'assistant' })).toEqual(prompt)
  })

  test('passes the versions that its input follows', () => {
    const session = open()
    const first = turn(session, 'one')
    turn(session, 'lost branch')
    const run = session.start({ parts: text('one, edited'), edits: session.run(first).input })
    expect(words(promptView(session.view, { agent: 'assistant', run }))).toEqual(['one, edited'])
  })

  test('takes messages that have left the view from whoever has them', () => {
    const session = open()
    turn(session, 'one')
    const { messages } = session.view
    const view = { ...session.view, messages: messages.slice(1) }
    expect(words(promptView(view, { agent: 'assistant', older: messages.slice(0, 2) }))).toEqual(['one', 're: one'])
  })

  test('has files, sources and data as they are, without what only the session needs', () => {
    const session = open()
    const parts: readonly PartStart[] = [
      { kind: 'file', url: 'u:1', mediaType: 'image/png', name: 'f' },
      { kind: 'file', url: 'u:2', mediaType: 'image/png' },
      { kind: 'source', url: 'u:3', title: 'S' },
      { kind: 'source', url: 'u:4' },
      { kind: 'data', name: 'd', value: { a: 1 } },
    ]
    const run = session.start({ parts })
    expect(promptView(session.view, { agent: 'assistant', run })[0]?.parts).toStrictEqual(parts)
  })

  test('S8a: keeps what was stopped or failed, marked', () => {
    const session = open()
    for (const reason of ['cancelled', 'failed'] as const) {
      const run = session.start({ parts: text(reason) })
      session.write(run, ops.open(), ops.delta('so far'))
      session.end(run, reason)
    }
    const silent = session.start({ parts: text('silent') })
    session.write(silent, ops.open())
    session.end(silent, 'failed')
    const run = session.start({ parts: text('now') })
    const prompt = promptView(session.view, { agent: 'assistant', run })
    expect(words(prompt)).toEqual(['cancelled', 'so far', 'failed', 'so far', 'silent', '', 'now'])
    expect(prompt.map((message) => message.interrupted)).toEqual([
      undefined,
      true,
      undefined,
      true,
      undefined,
      true,
      undefined,
    ])
  })

  test('S8b: each tool call has one result, also one that never came back', () => {
    const session = open()
    const run = session.start()
    const call = (part: string) => ops.start({ kind: 'tool', name: part, callId: part }, 'a', part)
    session.write(run, call('done'), ops.delta('{"x":1}', 'a', 'done'), {
      op: 'close',
      message: 'a',
      part: 'done',
      fields: { output: null },
    })
    session.write(run, call('failed'), {
      op: 'close',
      message: 'a',
      part: 'failed',
      fields: { input: [1], error: 'no' },
    })
    session.write(run, call('cut'), ops.delta('{"x', 'a', 'cut'))
    session.end(run, 'failed')
    expect(promptView(session.view, { agent: 'assistant' }).at(-1)?.parts).toEqual([
      { kind: 'tool', name: 'done', callId: 'done', input: { x: 1 }, output: null },
      { kind: 'tool', name: 'failed', callId: 'failed', input: [1], error: 'no' },
      {
        kind: 'tool',
        name: 'cut',
        callId: 'cut',
        input: {},
        error: 'The call was interrupted before it had a result.',
      },
    ])
  })

  test('S8c: has nothing that is hidden from the agent, or redacted, and reasoning only where it is wanted', () => {
    const session = open()
    const run = session.start({ parts: text('question') })
    session.write(
      run,
      ops.start({ kind: 'text', text: 'shown' }),
      { op: 'open', message: 'a', part: 'q', start: { kind: 'text', text: 'secret' }, to: 'operators' },
      ops.start({ kind: 'reasoning', text: 'hm' }, 'a', 'r'),
      ops.start({ kind: 'file', url: 'u:1', mediaType: 'm', name: 'f' }, 'a', 'f'),
      ops.start({ kind: 'source', url: 'u:2' }, 'a', 's'),
      ops.start({ kind: 'data', name: 'd', value: 1 }, 'a', 'd'),
      ops.end(),
    )
    session.accept({ type: 'post', parts: text('psst'), to: ['user:bob'] })
    const view = visibleView(session.view, { actor: 'agent:assistant' })
    expect(words(promptView(view, { agent: 'assistant' }))).toEqual(['question', 'shown+file+source+data'])
    expect(words(promptView(view, { agent: 'assistant', reasoning: true }))[1]).toBe('shown+reasoning+file+source+data')
    session.accept({ type: 'redact', message: `${run}.a` })
    expect(words(promptView(session.view, { agent: 'assistant', reasoning: true }))).toEqual(['question'])
  })

  test('S8d: has what earlier attempts of the run wrote, and not what other runs answer to the same input', () => {
    const session = open({ policy: 'parallel' })
    const run = session.start({ parts: text('question') })
    const { input } = session.run(run)
    session.write(run, ops.open(), ops.delta('begun'))
    session.accept({ type: 'regenerate', input })
    const other = session.view.runs.at(-1)!.id
    session.claim(other)
    session.write(other, ops.open(), ops.delta('other answer'))
    session.pass(6_000)
    session.claim(run)
    expect(words(promptView(session.view, { agent: 'assistant', run }))).toEqual(['question', 'begun'])
    expect(words(promptView(session.view, { agent: 'assistant', run: other }))).toEqual(['question', 'other answer'])
    expect(words(promptView(session.view, { agent: 'assistant', input }))).toEqual(['question'])
  })

  test('S8d: has not what the run asks other agents', () => {
    const session = open()
    const run = session.start({ parts: text('question') })
    session.write(run, { op: 'spawn', key: 'k', agent: 'coder', parts: text('do it') }, ops.open(), ops.delta('begun'))
    expect(words(promptView(session.view, { agent: 'assistant', run }))).toEqual(['question', 'begun'])
  })

  test('S8d: has what people steered it by, but not what came too late', () => {
    const session = open()
    const run = session.start({ parts: text('question') })
    session.write(run, ops.open(), ops.delta('begun'))
    session.accept({ type: 'steer', run, parts: text('shorter') })
    expect(words(promptView(session.view, { agent: 'assistant', run }))).toEqual(['question', 'begun', 'shorter'])
    session.write(run, { op: 'consume', message: session.view.messages.at(-1)!.id })
    session.accept({ type: 'steer', run, parts: text('too late') })
    session.end(run)
    const next = session.view.runs.at(-1)!
    expect(words(promptView(session.view, { agent: 'assistant', run }))).toEqual(['question', 'begun', 'shorter'])
    expect(words(promptView(session.view, { agent: 'assistant', run: next.id }))).toEqual([
      'question',
      'begun',
      'shorter',
      'too late',
    ])
  })

  test('has what an operator said in the agent’s place', () => {
    const session = open()
    const run = session.start({ parts: text('question') })
    const sue = { as: grantOf('operator:sue', { name: 'Sue' }) }
    session.accept({ type: 'take-floor' }, sue)
    session.accept({ type: 'post', parts: text('I do it') }, sue)
    session.accept({ type: 'hand-back' }, sue)
    const prompt = promptView(session.view, { agent: 'assistant', run })
    expect(prompt.at(-1)).toMatchObject({ role: 'assistant', name: 'Sue', parts: [{ text: 'I do it' }] })
  })
})
