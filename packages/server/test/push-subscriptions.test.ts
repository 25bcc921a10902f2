import { expect, test } from 'vitest'
import { createPushSubscriptions, type PushSubscription } from '../src/notify/subscriptions.ts'
import { createSystemLog } from '../src/system-log.ts'
import { openHub } from './support/hub.ts'

const device = (name: string): PushSubscription => ({
  endpoint: `https://push.example.com/${name}`,
  keys: { p256dh: 'p'.repeat(87), auth: 'a'.repeat(22) },
})
const [laptop, phone] = [device('laptop'), device('phone')]

test('P4 a device that was taken away and comes back as it was is told again, and can be taken away again', async () => {
  await using hub = openHub()
  const subscriptions = createPushSubscriptions(createSystemLog(hub))
  for (const _ of [1, 2, 3]) {
    await subscriptions.add('default', 'user:ada', laptop)
    expect(await subscriptions.list('default', 'user:ada')).toEqual([laptop])
    await subscriptions.remove('default', 'user:ada', laptop.endpoint)
    expect(await subscriptions.list('default', 'user:ada')).toEqual([])
  }
})

test('P4 the device that subscribed last comes last, however often each has', async () => {
  await using hub = openHub()
  const subscriptions = createPushSubscriptions(createSystemLog(hub))
  for (const [index, one] of [laptop, phone, laptop, phone, laptop].entries()) {
    await subscriptions.add('default', 'user:ada', one)
    const known = await subscriptions.list('default', 'user:ada')
    expect([known.at(-1), known.length]).toEqual([one, Math.min(2, index + 1)])
  }
})

test('P4 a device that says again what is known writes nothing', async () => {
  await using hub = openHub()
  const written: string[] = []
  const log = createSystemLog(hub)
  const subscriptions = createPushSubscriptions({
    ...log,
    append: (key, id, entry) => log.append(key, id, entry).then(() => void written.push(entry.name)),
  })
  for (const one of [laptop, laptop, { ...laptop, label: 'Laptop' }, { ...laptop, label: 'Laptop' }])
    await subscriptions.add('default', 'user:ada', one)
  await subscriptions.remove('default', 'user:ada', phone.endpoint)
  expect(written).toEqual(['subscribed', 'subscribed'])
  expect(await subscriptions.list('default', 'user:ada')).toEqual([{ ...laptop, label: 'Laptop' }])
})

test('P4 a person has twenty devices at most, and each person their own', async () => {
  await using hub = openHub()
  const subscriptions = createPushSubscriptions(createSystemLog(hub))
  const many = Array.from({ length: 20 }, (_, index) => device(`d${index}`))
  for (const one of many) await subscriptions.add('default', 'user:ada', one)
  await expect(subscriptions.add('default', 'user:ada', laptop)).rejects.toMatchObject({
    code: 'limit_exceeded',
    detail: { limit: 'pushSubscriptions', allowed: 20, actual: 21 },
  })
  await subscriptions.add('default', 'user:ada', { ...device('d3'), label: 'Tablet' })
  await subscriptions.add('default', 'user:bob', laptop)
  await subscriptions.add('other', 'user:ada', phone)
  expect(await subscriptions.list('default', 'user:bob')).toEqual([laptop])
  expect(await subscriptions.list('other', 'user:ada')).toEqual([phone])
  await subscriptions.remove('default', 'user:ada', device('d0').endpoint)
  await subscriptions.add('default', 'user:ada', laptop)
  const known = await subscriptions.list('default', 'user:ada')
  expect(known.map(({ endpoint }) => endpoint).slice(-3)).toEqual([
    device('d19').endpoint,
    device('d3').endpoint,
    laptop.endpoint,
  ])
})
