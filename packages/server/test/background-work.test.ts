import { HeadraceError, type ErrorCode } from '@headrace/core'
import { describe, expect, test } from 'vitest'
import { Alarms } from '../src/streams/alarms.ts'
import { BackgroundWork } from '../src/streams/background-work.ts'
import { FakeClock, settled } from './support/fake-clock.ts'

function open(): { clock: FakeClock; alarms: Alarms; errors: ErrorCode[]; work: BackgroundWork } {
  const clock = new FakeClock()
  const alarms = new Alarms(clock)
  const errors: ErrorCode[] = []
  return {
    clock,
    alarms,
    errors,
    work: new BackgroundWork({ clock, alarms, onError: ({ code }) => errors.push(code) }),
  }
}

/** Work that fails so, one time after the other, and then does not. */
function failing(...codes: ErrorCode[]): { times: number; run: () => Promise<void> } {
  const work = {
    times: 0,
    run: async (): Promise<void> => {
      const code = codes[work.times]
      work.times += 1
      if (code !== undefined) throw new HeadraceError(code, 'not now')
    },
  }
  return work
}

describe('work that nobody waits for', () => {
  test('D11a: what fails for now is told and done again after a second, until it is done', async () => {
    const { clock, errors, work } = open()
    const write = failing('store_unavailable', 'store_unavailable')
    work.persist('write', write.run)
    await settled()
    expect(write.times).toBe(1)
    await clock.advance(999)
    expect(write.times).toBe(1)
    await clock.advance(1)
    expect(write.times).toBe(2)
    await clock.advance(10_000)
    expect({ times: write.times, errors, pending: clock.pending }).toEqual({
      times: 3,
      errors: ['store_unavailable', 'store_unavailable'],
      pending: 0,
    })
  })

  test('D11a: what would fail again is not done again, and what has gone meanwhile is no news', async () => {
    const { clock, errors, work } = open()
    const all = (['bad_request', 'not_found'] as const).map((code) => failing(code))
    all.forEach(({ run }, index) => work.persist(String(index), run))
    await settled()
    await clock.advance(10_000)
    expect(all.map(({ times }) => times)).toEqual([1, 1])
    expect(errors).toEqual(['bad_request'])
  })

  test('D11a: the same work waits only once to be done again, and other work beside it', async () => {
    const { clock, work } = open()
    const [first, second, other] = [
      failing('store_unavailable'),
      failing('store_unavailable'),
      failing('store_unavailable'),
    ]
    work.persist('same', first.run)
    work.persist('same', second.run)
    work.persist('other', other.run)
    await settled()
    await clock.advance(10_000)
    expect([first.times + second.times, other.times]).toEqual([3, 2])
  })

  test('D11a: an end waits for what is under way, and begins nothing again', async () => {
    const { clock, alarms, work } = open()
    const gate = Promise.withResolvers<void>()
    const late = failing('store_unavailable')
    work.watch(gate.promise)
    work.persist('late', late.run)
    await settled()
    alarms.close()
    let isOver = false
    const over = work.settled().then(() => (isOver = true))
    await settled()
    expect(isOver).toBe(false)
    gate.reject(new HeadraceError('draining', 'closing'))
    await over
    await clock.advance(10_000)
    expect(late.times).toBe(1)
  })
})
