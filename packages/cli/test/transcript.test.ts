import { describe, expect, test } from 'vitest'
import {
  emptyView,
  foldView,
  type Actor,
  type EventData,
  type EventType,
  type SessionEvent,
  type SessionView,
} from '@headrace/core'
import { noPaint } from '../src/terminal/paint.ts'
import { createTranscript } from '../src/tail/transcript.ts'

/** A session that is written event by event, as the server would. */
function scribe(): {
  view: SessionView
  add: <T extends EventType>(actor: Actor, type: T, data: EventData[T], run?: string) => SessionEvent
} {
  const self = {
    view: emptyView('s'),
    add<T extends EventType>(actor: Actor, type: T, data: EventData[T], run?: string): SessionEvent {
      const event = {
        seq: self.view.seq + 1,
        at: 0,
        actor,
        type,
        data,
        ...(run !== undefined && { run }),
      } as unknown as SessionEvent
      self.view = foldView(self.view, event)
      return event
    },
  }
  return self
}

function begun(): { log: ReturnType<typeof scribe>; print: (event: SessionEvent) => string } {
  const log = scribe()
  const transcript = createTranscript(noPaint)
  transcript.begin(log.view, 10)
  return { log, print: (event) => transcript.event(event).replace(/\d\d:\d\d:\d\d/g, 'TIME') }
}

const ada: Actor = 'user:ada'

function ask(log: ReturnType<typeof scribe>, agent: string, run: string): SessionEvent[] {
  const actor: Actor = `agent:${agent}`
  return [
    log.add(ada, 'message.added', {
      id: `m-${run}`,
      parent: null,
      role: 'user',
      parts: [{ kind: 'text', text: `to ${agent}` }],
      name: 'Ada',
    }),
    log.add(ada, 'run.queued', { id: run, agent, input: `m-${run}`, policy: 'queue', maxAttempts: 3 }, run),
    log.add(actor, 'run.claimed', { attempt: 1, worker: 'w', leaseMs: 6_000 }, run),
    log.add(actor, 'message.opened', { id: `${run}.a`, parent: `m-${run}`, role: 'assistant' }, run),
    log.add(actor, 'part.opened', { message: `${run}.a`, part: '1.0', attempt: 1, start: { kind: 'text' } }, run),
  ]
}

function say(log: ReturnType<typeof scribe>, agent: string, run: string, text: string): SessionEvent {
  return log.add(`agent:${agent}`, 'part.delta', { message: `${run}.a`, part: '1.0', text }, run)
}

function end(log: ReturnType<typeof scribe>, agent: string, run: string): SessionEvent {
  return log.add(`agent:${agent}`, 'run.ended', { reason: 'complete', attempt: 1 }, run)
}

describe('transcript', () => {
  test('streams words as they come, with author, run and what happened around them', () => {
    const { log, print } = begun()
    const out = [
      ...ask(log, 'writer', 'r2'),
      say(log, 'writer', 'r2', 'Hello '),
      say(log, 'writer', 'r2', 'there.'),
      end(log, 'writer', 'r2'),
    ].map((event) => print(event))
    expect(out.join('')).toBe(
      [
        '',
        'Ada  TIME',
        'to writer',
        '· r2 waits for writer',
        '',
        'writer  TIME  r2',
        'Hello there.',
        '· writer finished in 0.0 s (r2)',
        '',
      ].join('\n'),
    )
    expect(out.at(-3)).toContain('Hello ')
    expect(out.at(-2)).toBe('there.')
  })

  test('two agents at once: one has the floor, the other waits for the end of a paragraph', () => {
    const { log, print } = begun()
    for (const event of [...ask(log, 'writer', 'r2'), ...ask(log, 'critic', 'r7')]) print(event)
    const out = [
      say(log, 'writer', 'r2', 'One, '),
      say(log, 'critic', 'r7', 'Careful.'),
      say(log, 'writer', 'r2', 'two.\n\nThree.'),
      end(log, 'critic', 'r7'),
      end(log, 'writer', 'r2'),
    ].map((event) => print(event))
    expect(out).toEqual([
      '\nwriter  TIME  r2\nOne, ',
      '',
      'two.\n\ncritic  TIME  r7\nCareful.',
      '\n· critic finished in 0.0 s (r7)\n\nwriter  TIME  r2\nThree.',
      '\n· writer finished in 0.0 s (r2)\n',
    ])
  })

  test('an agent that goes silent gives the floor away', () => {
    const { log, print } = begun()
    for (const event of [...ask(log, 'writer', 'r2'), say(log, 'writer', 'r2', 'Half a'), ...ask(log, 'critic', 'r8')])
      print(event)
    expect(print(say(log, 'critic', 'r8', 'Go on?'))).toBe('')
    const lapsed = print(log.add('system:headrace', 'run.lapsed', { attempt: 1 }, 'r2'))
    expect(lapsed).toContain('· writer went silent (r2, attempt 1); waiting for a worker to take over')
    expect(lapsed).toContain('critic  TIME  r8\nGo on?')
  })

  test('a tool call is one line, thinking is marked', () => {
    const { log, print } = begun()
    for (const event of ask(log, 'writer', 'r2')) print(event)
    const part = (id: string, start: EventData['part.opened']['start']): SessionEvent =>
      log.add('agent:writer', 'part.opened', { message: 'r2.a', part: id, attempt: 1, start }, 'r2')
    const out = [
      part('1.1', { kind: 'reasoning', text: 'Hm, ' }),
      log.add('agent:writer', 'part.delta', { message: 'r2.a', part: '1.1', text: 'well.' }, 'r2'),
      part('1.2', { kind: 'tool', name: 'search', callId: 'c' }),
      log.add('agent:writer', 'part.delta', { message: 'r2.a', part: '1.2', text: '{"q":' }, 'r2'),
      log.add('agent:writer', 'part.changed', { message: 'r2.a', part: '1.2', fields: { input: { q: 'x' } } }, 'r2'),
      log.add('agent:writer', 'part.closed', { message: 'r2.a', part: '1.2', fields: { output: ['y'] } }, 'r2'),
      say(log, 'writer', 'r2', 'So:'),
    ].map((event) => print(event))
    expect(out.join('')).toBe('\nwriter  TIME  r2\nthinking: Hm, well.\nsearch({"q":"x"}) → ["y"]\nSo:')
  })

  test('joins in the middle of an answer without a word missing or doubled', () => {
    const log = scribe()
    for (const event of [...ask(log, 'writer', 'r2'), say(log, 'writer', 'r2', 'The first half, ')])
      expect(event.seq).toBeGreaterThan(0)
    const transcript = createTranscript(noPaint)
    const before = transcript.begin(log.view, 10)
    expect(before).toContain('to writer')
    expect(before + transcript.event(say(log, 'writer', 'r2', 'the second.'))).toContain('The first half, the second.')
    expect(createTranscript(noPaint).begin(log.view, 0)).not.toContain('to writer')
  })

  test('what others write can not drive the terminal', () => {
    const { log, print } = begun()
    const hostile = '\u001b]0;owned\u0007\u001b[2J\u009b31m\u202eevil\r\n'
    const out = [
      log.add('user:x\u001b[1m', 'message.added', {
        id: 'm1',
        parent: null,
        role: 'user',
        name: 'Eve\u001b[5m\nroot',
        parts: [{ kind: 'text', text: hostile }],
      }),
      log.add('user:x', 'presence.joined', { device: 'd', node: 'n', name: 'Eve\u001b[5m', label: '\u001b[H' }),
    ].map((event) => print(event))
    // oxlint-disable-next-line no-control-regex
    expect(out.join('')).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/)
    expect(out.join('')).toContain('Eve[5m root')
  })
})
