import { describe, expect, test } from 'vitest'
import { HeadraceError } from '@headrace/core'
import { createGrowth } from '../src/streams/growth.ts'
import { FakeClock, settled } from './support/fake-clock.ts'

describe('streams that grew', () => {
  test('D11: those that come while others are told of go together, and none is left out', async () => {
    const told: (readonly string[])[] = []
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const growth = createGrowth({
      clock: new FakeClock(),
      onError: () => undefined,
      async tell(_tenant, paths) {
        told.push(paths)
        await gates[told.length - 1]?.promise
      },
    })
    for (const path of ['a', 'b', 'c', 'b']) growth.note('t', path)
    expect(told).toEqual([['a']])
    gates[0]?.resolve()
    await settled()
    expect(told).toEqual([['a'], ['b', 'c']])
    // Noted in the very turn in which the last one ends.
    void gates[1]?.promise.then(() => growth.note('t', 'd'))
    gates[1]?.resolve()
    await settled()
    expect(told.flat()).toEqual(['a', 'b', 'c', 'd'])
    await growth.close()
  })

  test('D11: what could not be told is told again, with what came since', async () => {
    const clock = new FakeClock()
    const told: (readonly string[])[] = []
    const errors: string[] = []
    const growth = createGrowth({
      clock,
      onError: ({ code }) => errors.push(code),
      async tell(_tenant, paths) {
        told.push(paths)
        if (told.length === 1) throw new HeadraceError('store_unavailable', 'not now')
      },
    })
    growth.note('t', 'a')
    await settled()
    growth.note('t', 'b')
    expect(told).toEqual([['a']])
    await clock.advance(1_000)
    expect([told, errors]).toEqual([[['a'], ['a', 'b']], ['store_unavailable']])
    await growth.close()
    expect(clock.pending).toBe(0)
  })
})
