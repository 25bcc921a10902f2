import { createECDH, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Capability, Grant, SessionKey } from '@headrace/core'
import { createPushSubscriptions, type Device } from '../src/notify/subscriptions.ts'
import { createVapid } from '../src/notify/vapid.ts'
import { createWebPush } from '../src/notify/web-push.ts'
import { createOutgoing, type Outgoing, type OutgoingResult } from '../src/outgoing/outgoing.ts'
import { createSystemLog } from '../src/system-log.ts'
import { ada, grantOf, openHub } from './support/hub.ts'

const device = (name: string, sessions: readonly string[] = ['**']): Device => ({
  endpoint: `https://push.example.com/${name}`,
  keys: { p256dh: 'p'.repeat(87), auth: 'a'.repeat(22) },
  sessions,
})
const [laptop, phone] = [device('laptop'), device('phone')]

test('P4 a device that was taken away and comes back as it was is told again, and can be taken away again', async () => {
  await using hub = openHub()
  const subscriptions = createPushSubscriptions(createSystemLog(hub))
  for (const _ of [1, 2, 3]) {
    await subscriptions.add(ada, laptop)
    expect(await subscriptions.list('default', 'user:ada')).toEqual([laptop])
    await subscriptions.remove('default', 'user:ada', laptop.endpoint)
    expect(await subscriptions.list('default', 'user:ada')).toEqual([])
  }
})

test('P4 the device that subscribed last comes last, however often each has', async () => {
  await using hub = openHub()
  const subscriptions = createPushSubscriptions(createSystemLog(hub))
  for (const [index, one] of [laptop, phone, laptop, phone, laptop].entries()) {
    await subscriptions.add(ada, one)
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
    await subscriptions.add(ada, one)
  await subscriptions.remove('default', 'user:ada', phone.endpoint)
  expect(written).toEqual(['subscribed', 'subscribed'])
  expect(await subscriptions.list('default', 'user:ada')).toEqual([{ ...laptop, label: 'Laptop' }])
})

test('P4 a person has twenty devices at most, and each person their own', async () => {
  await using hub = openHub()
  const subscriptions = createPushSubscriptions(createSystemLog(hub))
  const many = Array.from({ length: 20 }, (_, index) => device(`d${index}`))
  for (const one of many) await subscriptions.add(ada, one)
  await expect(subscriptions.add(ada, laptop)).rejects.toMatchObject({
    code: 'limit_exceeded',
    detail: { limit: 'pushSubscriptions', allowed: 20, actual: 21 },
  })
  await subscriptions.add(ada, { ...device('d3'), label: 'Tablet' })
  await subscriptions.add(grantOf('user:bob'), laptop)
  await subscriptions.add(grantOf('user:ada', { tenant: 'other' }), phone)
  expect(await subscriptions.list('default', 'user:bob')).toEqual([laptop])
  expect(await subscriptions.list('other', 'user:ada')).toEqual([phone])
  await subscriptions.remove('default', 'user:ada', device('d0').endpoint)
  await subscriptions.add(ada, laptop)
  const known = await subscriptions.list('default', 'user:ada')
  expect(known.map(({ endpoint }) => endpoint).slice(-3)).toEqual([
    device('d19').endpoint,
    device('d3').endpoint,
    laptop.endpoint,
  ])
})

test('A1 P4 a device is for the sessions that its tokens may read, each beside the other', async () => {
  await using hub = openHub()
  const subscriptions = createPushSubscriptions(createSystemLog(hub))
  const known = async () => (await subscriptions.list('default', 'user:ada')).map(({ sessions }) => sessions)
  const may = (...capabilities: readonly Capability[]): Grant => grantOf('user:ada', { capabilities })
  await subscriptions.add(
    may({ sessions: 'a/*', verbs: ['read'] }, { sessions: 'b/*', verbs: ['send', 'answer'] }),
    device('laptop'),
  )
  expect(await known()).toEqual([['a/*']])
  await subscriptions.add(may({ sessions: 'c', verbs: ['send', 'read'] }, { sessions: 'a/*', verbs: ['read'] }), laptop)
  expect(await known()).toEqual([['a/*', 'c']])
  await subscriptions.add(may(), phone)
  expect(await known()).toEqual([['a/*', 'c'], []])
  for (let turn = 0; turn < 2; turn += 1) {
    const many = Array.from({ length: 200 }, (_, index) => ({ sessions: `${turn}/${index}`, verbs: ['read'] as const }))
    await subscriptions.add(may(...many), laptop)
  }
  expect((await known()).at(-1)).toHaveLength(256)
  expect((await known()).at(-1)?.at(-1)).toBe('1/199')
})

test('P4 a device that was written down before it said for what is for all', async () => {
  await using hub = openHub()
  const log = createSystemLog(hub)
  const keys: string[] = []
  const subscriptions = createPushSubscriptions({
    ...log,
    append: (key, id, entry) => (keys.push(key), log.append(key, id, entry)),
  })
  await subscriptions.add(ada, phone)
  const { endpoint, keys: secrets } = laptop
  await log.append(keys[0] as SessionKey, 'old', { name: 'subscribed', value: { endpoint, keys: { ...secrets } } }) // it was written with
  expect(await subscriptions.list('default', 'user:ada')).toEqual([phone, laptop])
})

test.each<[string, OutgoingResult, 'sent' | 'none' | 'later']>([
  ...[200, 201, 204].map((status) => told(status, 'sent')),
  ...[404, 410].map((status) => told(status, 'none')),
  ...[302, 400, 401, 413, 429, 500, 503].map((status) => told(status, 'later')),
  ['an address that may not be reached', { outcome: 'refused', message: 'No.' }, 'none'],
  ['no answer', { outcome: 'failed', message: 'No.' }, 'later'],
])(
  'P4 a device is forgotten where its push service says that it is gone, and no sooner: %s',
  async (_, result, what) => {
    await using hub = openHub()
    const log = createSystemLog(hub)
    const subscriptions = createPushSubscriptions(log)
    const ecdh = createECDH('prime256v1')
    const keys = { p256dh: ecdh.generateKeys().toString('base64url'), auth: randomBytes(16).toString('base64url') }
    const here: Device = { ...device('here', ['a', 'demo/*']), keys }
    const grant = grantOf('user:ada', {
      capabilities: here.sessions.map((one) => ({ sessions: one, verbs: ['read'] })),
    })
    await subscriptions.add(grant, here)
    const posted: string[] = []
    const post: Outgoing['post'] = async (url) => (posted.push(url), result)
    const channel = createWebPush({
      subscriptions,
      vapid: createVapid(log),
      outgoing: { ...createOutgoing(), post },
      contact: 'mailto:ops@example.com',
    })
    const notice = { id: 'n5', kind: 'done', to: 'user:ada', ref: 'r3', at: 1 } as const
    const tell = channel.tell({ tenant: 'default', session: 'demo/1', notice, title: 'Done' })
    if (what === 'later') await expect(tell).rejects.toMatchObject({ code: 'internal' })
    else expect(await tell).toBe(what)
    expect(posted).toEqual([here.endpoint])
    expect(await subscriptions.list('default', 'user:ada')).toEqual(what === 'none' ? [] : [here])
  },
)

function told(status: number, what: 'sent' | 'none' | 'later'): [string, OutgoingResult, 'sent' | 'none' | 'later'] {
  return [String(status), { outcome: 'answered', status, headers: {}, body: Buffer.alloc(0), isCut: false }, what]
}
