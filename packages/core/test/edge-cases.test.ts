/**
 * The list of edge cases that a rival documents, as far as the rules decide them. Those of connections, browsers and time
 * limits of functions (1, 3 in part, 17, 18, 24, 25, 27, 29, 30, 32) are shown over real sockets and in the client.
 */
import { describe, expect, test } from 'vitest'
import {
  branch,
  canonical,
  decide,
  foldView,
  nextDue,
  promptView,
  sha256,
  textOf,
  versions,
  type CommandBody,
} from '../src/index.ts'
import { ada, bob, foldAll, open, ops, roundTrip, server, text, writer, type TestSession } from './support.ts'

const approval = { kind: 'approval', title: 'ok?', action: { tool: 'pay' } } as const
const digest = sha256(canonical(approval.action))
const verdict = (request: string, decision: 'approve' | 'deny'): CommandBody => ({
  type: 'answer',
  request,
  answer: { decision },
  digest,
})
const stop = (run: string): CommandBody => ({ type: 'cancel', target: { run } })

function writing(session: TestSession = open()): { session: TestSession; run: string } {
  const run = session.start({ parts: text('question') })
  session.write(run, ops.open(), ops.delta('so far'))
  return { session, run }
}

function waiting(): { session: TestSession; run: string; id: string } {
  const { session, run } = writing()
  session.write(run, { op: 'request', key: 'q', spec: approval }, { op: 'suspend', waitsFor: ['q'] })
  return { session, run, id: `${run}.q` }
}

describe('edge cases', () => {
  test('S2 edge case 2: a joiner in mid-stream sees what a reader from the start sees', () => {
    const { session, run } = writing()
    const joined = roundTrip(session.view)
    const { length } = session.log
    session.write(run, ops.delta(', and more'), ops.end())
    expect(session.log.slice(length).reduce(foldView, joined)).toEqual(session.view)
    expect(foldAll(session.log)).toEqual(session.state)
  })

  test('P1 edge case 3: two tabs of one person are two devices, and each command of theirs has its own answer', () => {
    const session = open()
    for (const device of ['tab-1', 'tab-2']) session.accept({ type: 'join', device, node: 'n' })
    expect(session.view.presence.map((entry) => entry.device)).toEqual(['tab-1', 'tab-2'])
    session.send({}, { id: 'tab-1:1' })
    session.send({}, { id: 'tab-2:1' })
    expect(session.view.runs).toHaveLength(2)
  })

  test('C3 edge case 4: a stop before the run has begun ends it, and no agent gets it', () => {
    const session = open()
    const run = session.send()
    session.accept(stop(run))
    session.refuse('run_ended', { type: 'claim', run, worker: 'w' }, { as: writer })
    session.send()
  })

  test('C3d edge case 5: a stop during a tool call leaves a call that has a result for the next prompt', () => {
    const { session, run } = writing()
    session.write(run, ops.start({ kind: 'tool', name: 't', callId: 'c', input: {} }, 'a', 't'))
    session.accept(stop(run))
    session.end(run, 'complete')
    expect(session.ended(run).reason).toBe('cancelled')
    expect(promptView(session.view, { agent: 'assistant' }).at(-1)).toMatchObject({
      interrupted: true,
      parts: [{ text: 'so far' }, { error: expect.stringContaining('interrupted') as string }],
    })
  })

  test('C3b R1b edge case 6: a stop of a suspended run ends it at once; the answer that comes then is refused', () => {
    const { session, run, id } = waiting()
    session.accept(stop(run))
    expect(session.ended(run).reason).toBe('cancelled')
    expect(session.refuse('request_closed', verdict(id, 'approve')).detail).toMatchObject({ status: 'withdrawn' })
  })

  test('C5b edge case 7: a steer on the last token is not lost: it is the next input', () => {
    const { session, run } = writing()
    session.accept({ type: 'steer', run, parts: text('one more thing') })
    session.end(run)
    const next = session.view.runs.at(-1)!
    expect([next.status, textOf(session.message(next.input))]).toEqual(['queued', 'one more thing'])
  })

  test('C5 R1b edge case 8: a steer of a suspended run waits with it, and does not wake it', () => {
    const { session, run, id } = waiting()
    session.accept({ type: 'steer', run, parts: text('hurry') })
    expect(session.run(run)).toMatchObject({ status: 'suspended', steers: [{ status: 'pending' }] })
    session.accept(verdict(id, 'approve'))
    session.claim(run)
    expect(session.ask({ type: 'heartbeat', run, attempt: 2 }, { as: writer })).toMatchObject({ steers: 1 })
  })

  test('C5b edge case 9: several steers at once are drained together into one input', () => {
    const { session, run } = writing()
    for (const words of ['a', 'b', 'c']) session.accept({ type: 'steer', run, parts: text(words) })
    session.end(run)
    expect(session.view.runs).toHaveLength(2)
    const line = branch(session.view.messages, session.view.runs.at(-1)!.input).map((message) => textOf(message))
    expect(line).toEqual(['question', 'so far', 'a', 'b', 'c'])
  })

  test('C9 S6a edge case 10: an edit while the old answer streams: both go on, each on its branch', () => {
    const { session, run } = writing(open({ policy: 'parallel' }))
    const edited = session.send({ parts: text('edited'), edits: session.run(run).input })
    session.claim(edited)
    session.write(run, ops.delta(', old'), ops.end())
    session.write(edited, ops.open(), ops.delta('new'), ops.end())
    expect(branch(session.view.messages, session.view.head).map((message) => textOf(message))).toEqual([
      'edited',
      'new',
    ])
    expect(branch(session.view.messages, `${run}.a`).map((message) => textOf(message))).toEqual([
      'question',
      'so far, old',
    ])
  })

  test('C9 S6a edge case 11: two edits of one message at once are two versions; the later one is the head', () => {
    const session = open()
    const original = session.post('original')
    session.accept({ type: 'post', parts: text('by Ada'), edits: original }, { as: ada })
    session.accept({ type: 'post', parts: text('by Bob'), edits: original }, { as: bob })
    const found = versions(session.view.messages, session.message(original)).map((message) => textOf(message))
    expect(found).toEqual(['original', 'by Ada', 'by Bob'])
    expect(textOf(session.message(session.view.head!))).toBe('by Bob')
  })

  test('C9 S6b edge case 12: a new answer to an old input stands beside the old one and moves no head', () => {
    const { session, run } = writing()
    session.end(run)
    const newest = session.post('later')
    session.accept({ type: 'regenerate', input: session.run(run).input })
    const again = session.view.runs.at(-1)!.id
    session.claim(again)
    session.write(again, ops.open(), ops.delta('again'), ops.end())
    expect(session.view.head).toBe(newest)
    expect(versions(session.view.messages, session.message(`${run}.a`))).toHaveLength(2)
  })

  test('S6b S8d edge case 13: a new answer after a tool call does not see the old call', () => {
    const { session, run } = writing()
    session.write(run, ops.start({ kind: 'tool', name: 't', callId: 'c' }, 'a', 't'), ops.end())
    session.accept({ type: 'regenerate', input: session.run(run).input })
    const again = session.view.runs.at(-1)!.id
    expect(promptView(session.view, { agent: 'assistant', run: again })).toHaveLength(1)
  })

  test('C7a C7e edge case 14: of two clients that answer one tool call, one runs it; the other is told who', () => {
    const { session, run } = writing()
    session.write(run, { op: 'request', key: 'q', spec: { kind: 'tool', title: 'x', name: 'where' } })
    const claim = (device: string): CommandBody => ({ type: 'claim-request', request: `${run}.q`, device })
    session.accept(claim('tab-1'))
    const error = session.refuse('request_taken', claim('tab-2'), { as: bob })
    expect(error.message).toBe(`user:ada runs request ${run}.q on the device tab-1.`)
  })

  test('C7 R1b edge case 15: an approval after days finds the run where it waits, in another process too', () => {
    const { session, run, id } = waiting()
    session.now += 5 * 86_400_000
    session.reload()
    session.noop({ type: 'tick' }, { as: server })
    session.accept(verdict(id, 'approve'))
    session.claim(run)
    session.write(run, { op: 'request', key: 'q', spec: approval }, ops.open('b'), ops.end())
    expect(session.ended(run).reason).toBe('complete')
  })

  test('C7a C7b edge case 16: approve and reject race: the first in the log counts, the other learns it', () => {
    const { session, id } = waiting()
    session.accept(verdict(id, 'deny'), { as: bob })
    expect(session.refuse('request_closed', verdict(id, 'approve')).detail).toMatchObject({
      by: 'user:bob',
      decision: 'deny',
    })
  })

  test('R4 edge case 19: a crash after a message was opened and before it was closed leaves it to the next attempt', () => {
    const { session, run } = writing()
    session.pass(6_000)
    expect(session.message(`${run}.a`)).toMatchObject({ status: 'open', parts: [{ status: 'interrupted' }] })
    session.claim(run)
    session.write(run, ops.open('a', 'rest'), ops.end())
    expect(session.message(`${run}.a`)).toMatchObject({ status: 'complete', parts: [{}, { status: 'closed' }] })
  })

  test('R4a edge case 20: a retry that writes nothing takes nothing away', () => {
    const session = open()
    const run = session.start()
    session.write(run, ops.open('a', 'p', 's'), ops.delta('kept'))
    session.pass(6_000)
    session.claim(run)
    session.end(run)
    expect(textOf(session.message(`${run}.a`))).toBe('kept')
  })

  test('R3d edge case 21: a late suspend of an attempt that is over does not roll back who took over', () => {
    const { session, run } = writing()
    session.pass(6_000)
    session.claim(run)
    session.refuse('fenced', { type: 'write', run, attempt: 1, n: 2, ops: [{ op: 'suspend' }] }, { as: writer })
    expect(session.active(run).attempt).toBe(2)
  })

  test('R1 edge case 22: a resume after the end is a noop', () => {
    const { session, run } = writing()
    session.end(run)
    session.noop({ type: 'resume', run })
  })

  test('R3b edge case 23: an agent that fails between its last word and the end is noticed, and the words stay', () => {
    const { session, run } = writing(open({ maxAttempts: 1 }))
    session.write(run, ops.close())
    session.pass(6_000)
    expect(session.ended(run).reason).toBe('lost')
    expect(textOf(session.message(`${run}.a`))).toBe('so far')
  })

  test('R1b edge case 26: nothing is written while a run is suspended', () => {
    const { session, run } = waiting()
    const late = { type: 'write', run, attempt: 1, n: 3, ops: [ops.delta('x')] } as const
    session.refuse('fenced', late, { as: writer })
    expect(textOf(session.message(`${run}.a`))).toBe('so far')
  })

  test('L6 edge case 28: a message that is too big is refused with the limit, and the batch can be split', () => {
    const { session, run } = writing()
    const error = session.refuse('limit_exceeded', session.batch(run, ops.delta('x'.repeat(262_145))), { as: writer })
    expect(error.detail).toEqual({ limit: 'eventChars', allowed: 262_144, actual: 262_145 })
    session.write(run, ops.delta('x'.repeat(200_000)), ops.delta('x'.repeat(62_145)))
  })

  test('R1 edge case 31: what comes late for a run that was declared dead is refused, and changes nothing', () => {
    const { session, run } = writing(open({ maxAttempts: 1 }))
    session.pass(6_000)
    for (const n of [1, 2, 3])
      session.refuse('run_ended', { type: 'write', run, attempt: 1, n, ops: [ops.delta('x')] }, { as: writer })
    session.refuse('run_ended', { type: 'heartbeat', run, attempt: 1 }, { as: writer })
  })
})

describe('C9: interleavings', () => {
  test('two stops: the second one is a noop, and the first one is named', () => {
    const { session, run } = writing()
    session.accept(stop(run), { as: bob })
    session.noop(stop(run))
    session.end(run)
    session.noop(stop(run))
    expect(session.ended(run).cancelledBy).toBe('user:bob')
  })

  test('a stop during an approval withdraws it; the approval that comes then is refused', () => {
    const { session, run } = writing()
    session.write(run, { op: 'request', key: 'q', spec: approval })
    session.accept(stop(run))
    const error = session.refuse('request_closed', verdict(`${run}.q`, 'approve'))
    expect(error.message).toBe(`Request ${run}.q is over: The run is being stopped.`)
  })

  test('an approval just before the stop counts, and the stop too', () => {
    const { session, run } = writing()
    session.write(run, { op: 'request', key: 'q', spec: approval })
    session.accept(verdict(`${run}.q`, 'approve'))
    session.accept(stop(run))
    expect(session.view.requests).toMatchObject([{ status: 'answered' }])
    expect(session.active(run).cancel).toBeDefined()
  })

  test('a stop of a run that was just woken', () => {
    const { session, run, id } = waiting()
    session.accept(verdict(id, 'approve'))
    session.accept(stop(run))
    session.refuse('run_ended', { type: 'claim', run, worker: 'w' }, { as: writer })
  })

  test('a steer after the end, and after a stop, is refused with what to do', () => {
    const { session, run } = writing()
    session.accept(stop(run))
    session.refuse('run_ended', { type: 'steer', run, parts: text('x') })
    session.end(run)
    expect(session.refuse('run_ended', { type: 'steer', run, parts: text('x') }).message).toContain('as a new input')
  })

  test('a steer, then a stop: the steer is told that it was missed, and nothing goes on', () => {
    const { session, run } = writing()
    session.accept({ type: 'steer', run, parts: text('x') })
    session.accept(stop(run))
    session.pass(3_000)
    expect(session.run(run).steers).toMatchObject([
      { status: 'missed', why: 'The run ended (cancelled) before its agent took it.' },
    ])
    expect(session.view.runs).toHaveLength(1)
  })

  test('a reload during a stop: the intent is in the state', () => {
    const { session, run } = writing()
    session.accept(stop(run))
    session.reload()
    expect(nextDue(session.state)).toBe(session.now + 3_000)
    session.pass(3_000)
    expect(session.ended(run).reason).toBe('cancelled')
  })

  test('a stop while a person holds the floor, or while it is paused', () => {
    for (const hold of [{ type: 'take-floor' }, { type: 'pause', run: 'r3' }] as const) {
      const { session, run } = writing()
      session.accept(hold)
      session.accept(stop(run))
      session.write(run, ops.end())
      expect(session.ended(run).reason).toBe('cancelled')
    }
  })

  test('a stop when the lease has lapsed, before the server has looked', () => {
    const { session, run } = writing()
    session.now += 10_000
    session.accept(stop(run))
    session.pass(0)
    expect(session.ended(run).reason).toBe('cancelled')
  })

  test('a suspend and an answer at the same moment: whichever is first, the run goes on', () => {
    const { session, run } = writing()
    session.write(run, { op: 'request', key: 'q', spec: approval })
    const suspend = session.batch(run, { op: 'suspend', waitsFor: ['q'] })
    const answered = decide(session.state, { grant: ada, body: verdict(`${run}.q`, 'approve') }, session.now)
    session.accept(suspend, { as: writer })
    session.accept(verdict(`${run}.q`, 'approve'))
    expect(session.run(run).status).toBe('queued')
    if (answered.outcome !== 'accepted') throw new Error(answered.outcome)
    const other = decide(answered.state, { grant: writer, body: suspend }, session.now)
    expect(other.outcome === 'accepted' && other.state.view.runs[0]?.status).toBe('queued')
  })

  test('a takeover while a batch is on its way: it is refused whole and keeps its number for afterwards', () => {
    const { session, run } = writing()
    const batch = session.batch(run, ops.close(), ops.open('b'), ops.end())
    session.accept({ type: 'take-floor' }, { as: bob })
    session.refuse('paused', batch, { as: writer })
    session.accept({ type: 'hand-back' }, { as: bob })
    session.accept(batch, { as: writer })
    session.noop(batch, { as: writer })
  })

  test('a message is redacted while a run answers it: the prompt has it no more', () => {
    const { session, run } = writing()
    session.accept({ type: 'redact', message: session.run(run).input })
    expect(promptView(session.view, { agent: 'assistant', run }).map((message) => message.id)).toEqual([`${run}.a`])
  })
})
