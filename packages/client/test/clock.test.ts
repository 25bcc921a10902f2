import { describe, expect, test } from 'vitest'
import { BatchWriter } from '../src/agent/batch-writer.ts'
import { Backoff } from '../src/net/backoff.ts'
import { Heartbeat } from '../src/net/heartbeat.ts'
import { FakeClock } from './support/fake-clock.ts'
import { settle } from './support/until.ts'

const hourMs = 3_600_000

describe('timers that come late', () => {
  function watched(): { clock: FakeClock; seen: string[]; heartbeat: Heartbeat } {
    const clock = new FakeClock()
    const seen: string[] = []
    const heartbeat = new Heartbeat({ clock, ping: () => seen.push('ping'), dead: () => seen.push('dead') })
    heartbeat.start(30_000)
    return { clock, seen, heartbeat }
  }

  test('P1: a page in the background asks first, and stays connected for as long as it is answered', () => {
    const { clock, seen, heartbeat } = watched()
    for (let minute = 1; minute <= 5; minute += 1) {
      clock.shift(60_000)
      clock.runNext()
      expect(seen).toEqual(Array.from({ length: minute }, () => 'ping'))
      clock.advance(1)
      heartbeat.heard()
    }
    heartbeat.stop()
  })

  test('P1: a machine that slept finds out two seconds after it wakes', () => {
    const { clock, seen, heartbeat } = watched()
    clock.shift(hourMs)
    clock.advance(10_000)
    expect(seen).toEqual(['ping'])
    clock.advance(1_999)
    expect(seen).toEqual(['ping'])
    clock.advance(1)
    expect(seen).toEqual(['ping', 'dead'])
    heartbeat.stop()
  })
})

describe('a clock that is set back by an hour', () => {
  test('A3: does not keep a dead connection alive', () => {
    const clock = new FakeClock()
    const seen: string[] = []
    const heartbeat = new Heartbeat({ clock, ping: () => seen.push('ping'), dead: () => seen.push('dead') })
    heartbeat.start(30_000)
    clock.advance(5_000)
    clock.shift(-hourMs)
    clock.advance(60_000)
    expect(seen).toEqual(['ping', 'ping', 'dead'])
    heartbeat.stop()
  })

  test('R3b: does not hold back what an agent writes', async () => {
    const clock = new FakeClock()
    const sent: number[] = []
    const writer = new BatchWriter({
      clock,
      backoff: new Backoff({}, () => 0),
      maxUnanswered: 1_000,
      run: 'r1',
      attempt: 1,
      submit: ({ n }) => (sent.push(n), new Promise(() => undefined)),
      onAnswer: () => undefined,
      onHeld: () => undefined,
      onLost: () => undefined,
      onBroken: () => undefined,
      onError: () => undefined,
    })
    writer.push({ op: 'delta', message: 'm', part: 'p', text: 'one' })
    await settle()
    clock.shift(-hourMs)
    writer.push({ op: 'delta', message: 'm', part: 'p', text: 'two' })
    await settle()
    clock.advance(20)
    expect(sent).toEqual([1, 2])
    writer.stop()
  })
})
