import { expect, test } from 'vitest'
import { parseOffset, type HeadraceError } from '@headrace/core'
import { systemClock } from '../src/clock.ts'
import { noMeter } from '../src/hub-types.ts'
import { createOutgoing } from '../src/outgoing/outgoing.ts'
import { createMemoryStore } from '../src/store/memory.ts'
import { createStreamServices } from '../src/streams/stream-services.ts'
import { readWakeToken } from '../src/streams/wake-token.ts'
import type { SystemLog } from '../src/system-log.ts'

/** Nothing of it is used but that it is empty. */
const log: SystemLog = {
  append: async () => undefined,
  read: async () => ({ entries: [], after: 0 }),
  remove: async () => undefined,
}

const paths = Array.from({ length: 5 }, (_, n) => `jobs/${n}`)
const rounds = 60

test('D11: a worker that sleeps until it is woken gets all that is appended, whatever comes while it falls asleep', async () => {
  const memory = createMemoryStore()
  const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  // As a disk would: between asking and having there is time in which others act.
  const store = {
    ...memory,
    append: async (...args: Parameters<typeof memory.append>) => {
      const isFallingAsleep = args[2].events.some((event) => event.includes('subscription.slept'))
      // Once it is decided that it sleeps, and before it is known: who looks now sees it awake.
      if (isFallingAsleep && late > 0) {
        late -= 1
        await append(paths[late] ?? '')
        for (let turn = 0; turn < 20; turn += 1) await pause()
      }
      await pause()
      return memory.append(...args)
    },
    head: async (...args: Parameters<typeof memory.head>) => {
      await pause()
      return memory.head(...args)
    },
  }
  let late = 0
  const append = (path: string): Promise<unknown> =>
    plain.append('t', path, { contentType: 'application/json', body: Buffer.from('1'), close: false })
  const errors: HeadraceError[] = []
  const services = createStreamServices({
    store,
    clock: systemClock,
    meter: noMeter,
    log,
    outgoing: createOutgoing(),
    callbackUrl: () => '',
    onError: (error) => errors.push(error),
  })
  const { plain, subscriptions } = services
  const nothing = { contentType: 'application/json', closed: false, body: Buffer.alloc(0) }
  await plain.create('t', 'wakes', nothing)
  for (const path of paths) await plain.create('t', path, nothing)
  const config = { type: 'pull-wake', pattern: 'jobs/*', streams: [], wakeStream: 'wakes', leaseMs: 60_000 } as const
  await subscriptions.create('t', 's', { config, base: '' })

  let acked: ReadonlyMap<string, number> = new Map()
  let worked = Promise.resolve()
  const work = async (): Promise<void> => {
    const claimed = await subscriptions.claim('t', 's', 'ann').catch(() => undefined)
    if (!claimed) return
    const acks = claimed.streams.map(({ path, tail_offset }) => ({ path, seq: parseOffset(tail_offset) ?? 0 }))
    await pause()
    const { wake_id: wake, generation } = claimed
    await subscriptions.acknowledge('s', readWakeToken(claimed.token), { wake, generation, acks, done: true })
    acked = new Map(acks.map(({ path, seq }) => [path, seq]))
  }
  const wakes = await plain.open('t', 'wakes', false)
  // One worker, and it does nothing but when it is woken.
  const stop = wakes.follow(() => {
    worked = worked.then(work)
  })
  for (let round = 0; round < rounds; round += 1) {
    const path = paths[round % paths.length] ?? ''
    await append(path)
    for (let turn = 0; turn < round % 7; turn += 1) await pause()
  }
  const isAllDone = async (): Promise<boolean> => {
    const tails = await Promise.all(paths.map((path) => plain.tail('t', path)))
    return tails.every((tail, n) => acked.get(paths[n] ?? '') === tail)
  }
  await expect.poll(isAllDone).toBe(true)
  // Now nothing else comes that would wake it.
  late = 5
  await append('jobs/0')
  await expect.poll(() => late).toBe(0)
  await expect.poll(isAllDone).toBe(true)
  stop()
  await services.close()
  expect(errors).toEqual([])
})
