import { describe, expect, test } from 'vitest'
import { nextDue, sameRow, sessionRow, type InboxEntry, type RequestSpec, type SessionRow } from '../src/index.ts'
import { open, ops, server, type TestSession } from './support.ts'

const row = (session: TestSession): SessionRow => sessionRow(session.state)

describe('P6a: the row of a session', () => {
  test('says what lists and indexes need', () => {
    const session = open({ metadata: { title: 'T' }, policy: 'parallel' })
    const idle = {
      id: 'demo/1',
      metadata: { title: 'T' },
      messages: 0,
      status: 'idle',
      openRuns: 0,
      work: [],
      due: null,
      archived: false,
      inbox: [],
    }
    expect(row(session)).toEqual({ ...idle, createdAt: session.now, updatedAt: session.now })
    session.now += 10
    session.send({ agent: 'b' })
    session.send({ agent: 'a' })
    session.send({ agent: 'a' })
    expect(row(session)).toMatchObject({ status: 'waiting', openRuns: 3, work: ['a', 'b'], messages: 3, due: null })
    const run = session.start()
    expect(row(session)).toMatchObject({
      status: 'active',
      openRuns: 4,
      due: session.now + 6_000,
      updatedAt: session.now,
    })
    session.end(run)
    expect(row(session)).toMatchObject({ status: 'waiting', openRuns: 3, due: session.now })
  })

  test('counts cold messages too', () => {
    const session = open()
    for (let i = 0; i < 70; i += 1) session.post()
    expect(row(session).messages).toBe(70)
  })

  test('names an agent only when it has something to take', () => {
    const session = open()
    const run = session.start()
    session.send()
    expect(row(session).work).toEqual([])
    session.end(run)
    expect(row(session).work).toEqual(['assistant'])
  })

  test('needs no rewrite for output and renewed leases, but for everything that shows', () => {
    const session = open()
    const run = session.start()
    session.write(run, ops.open())
    const stored = row(session)
    const same = (): boolean => sameRow(stored, row(session))
    session.now += 1_000
    session.write(run, ops.delta('x'), ops.close())
    expect(same()).toBe(true)
    session.accept({ type: 'join', device: 'd', node: 'n' })
    expect(same()).toBe(true)
    session.post()
    expect(same()).toBe(false)
  })

  test.each<[string, Partial<SessionRow>]>([
    ['metadata', { metadata: {} }],
    ['messages', { messages: 9 }],
    ['status', { status: 'idle' }],
    ['open runs', { openRuns: 9 }],
    ['work', { work: ['a'] }],
    ['archived', { archived: true }],
    ['an entry in the inbox', { inbox: [{ kind: 'unread', for: 'user:ada', ref: 'm1', at: 5 }] }],
    ['a due that is gone', { due: null }],
    ['an earlier due', { due: 1 }],
  ])('is another row with other %s', (_, change) => {
    const session = open()
    session.start()
    expect(sameRow(row(session), { ...row(session), ...change })).toBe(false)
  })

  test('is another row when an entry of the inbox says something else', () => {
    const entry: InboxEntry = { kind: 'unread', for: 'user:ada', ref: 'm1', at: 5, count: 2 }
    const stored = { ...row(open()), inbox: [entry] }
    expect(sameRow(stored, { ...stored, inbox: [{ ...entry }] })).toBe(true)
    const others: readonly InboxEntry[] = [
      { ...entry, kind: 'mention' },
      { ...entry, for: 'user:bob' },
      { ...entry, ref: 'm2' },
      { ...entry, at: 6 },
      { ...entry, count: 3 },
    ]
    for (const other of others) expect(sameRow(stored, { ...stored, inbox: [other] })).toBe(false)
  })

  test('is another row when something becomes due that was not', () => {
    const session = open()
    const run = session.send()
    const stored = row(session)
    session.claim(run)
    expect(sameRow({ ...row(session), due: stored.due }, row(session))).toBe(false)
  })
})

describe('R3b: due', () => {
  test('is the soonest lapse or end of grace', () => {
    const session = open({ policy: 'parallel' })
    const [a, b] = [session.send(), session.send()]
    session.claim(a, { leaseMs: 60_000 })
    session.claim(b, { leaseMs: 30_000 })
    expect(nextDue(session.state)).toBe(session.now + 30_000)
    session.accept({ type: 'cancel', target: { run: a } })
    expect(nextDue(session.state)).toBe(session.now + 3_000)
    session.pass(3_000)
    expect(nextDue(session.state)).toBe(session.now + 27_000)
  })

  test('C7e C7f: and when a request expires, or the device that took it is given up', () => {
    const session = open()
    const run = session.send()
    session.claim(run, { leaseMs: 60_000 })
    const spec: RequestSpec = {
      kind: 'tool',
      title: 'x',
      name: 't',
      claimMs: 5_000,
      expiresMs: 20_000,
      onLapse: 'again',
    }
    session.write(run, { op: 'request', key: 'q', spec })
    expect(nextDue(session.state)).toBe(session.now + 20_000)
    session.accept({ type: 'claim-request', request: `${run}.q`, device: 'd' })
    expect(nextDue(session.state)).toBe(session.now + 5_000)
    session.pass(5_000)
    expect(nextDue(session.state)).toBe(session.now + 15_000)
    session.pass(15_000)
    expect(nextDue(session.state)).toBe(session.now + 40_000)
  })

  test('S4: of a row, also when raw output is old enough to be dropped, and looked for again a quarter of that later', () => {
    const session = open({ retention: { rawMs: 8_000 } })
    const run = session.start()
    const compact = (floor: number): void => void session.accept({ type: 'compacted', floor, gaps: [] }, { as: server })
    session.write(run, ops.start({ kind: 'tool', name: 't', callId: 'c' }))
    session.end(session.start({ agent: 'other' }))
    const due = (): number | null => (session.state.guard.raw ? session.state.guard.raw.since + 8_000 : null)
    expect(due()).toBeNull()
    session.write(run, ops.set({ input: 1 }))
    expect(due()).toBe(session.now + 8_000)
    session.now += 3_000
    session.write(run, ops.delta('x'))
    expect(due()).toBe(session.now + 5_000)
    session.now += 5_000
    const newest = session.view.seq
    compact(newest - 1)
    expect(due()).toBe(session.now + 2_000)
    compact(newest)
    expect(due()).toBeNull()
  })

  test('C4a: and when nobody has watched what goes on for so long, once', () => {
    const pausing = open({ unwatched: { afterMs: 10_000, action: 'pause' } })
    expect(nextDue(pausing.state)).toBeNull()
    pausing.send()
    expect(nextDue(pausing.state)).toBe(pausing.now + 10_000)
    pausing.pass(10_000)
    expect(nextDue(pausing.state)).toBeNull()
    const stopping = open({ unwatched: { afterMs: 10_000, action: 'cancel' } })
    const run = stopping.send()
    stopping.claim(run, { leaseMs: 60_000 })
    stopping.pass(10_000)
    expect(nextDue(stopping.state)).toBe(stopping.now + 3_000)
    stopping.pass(3_000)
    expect([stopping.ended(run).reason, nextDue(stopping.state)]).toEqual(['cancelled', null])
  })
})
