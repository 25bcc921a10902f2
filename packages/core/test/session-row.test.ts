import { describe, expect, test } from 'vitest'
import { nextDue, sameRow, sessionRow, type InboxEntry, type SessionRow } from '../src/index.ts'
import { open, ops, type TestSession } from './support.ts'

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
})
