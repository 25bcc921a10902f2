import { sessionId, type Actor } from '@headrace/core'
import { expect, test } from 'vitest'
import { defaultAgent, knownAgents } from '../../src/model/agents.ts'
import { atWork } from '../../src/model/at-work.ts'
import { beginDelivery, deliver } from '../../src/model/delivery.ts'
import { deviceLabel } from '../../src/model/device-label.ts'
import { oneLine, pretty } from '../../src/model/json-text.ts'
import { mayAll, mayIn } from '../../src/model/may.ts'
import { hueOf, initials, namesOf, peopleHere } from '../../src/model/people.ts'
import { snippet } from '../../src/model/queue.ts'
import { newSessionId } from '../../src/model/session-id.ts'
import { duration, elapsed, timeAgo } from '../../src/model/time.ts'
import { titleOf } from '../../src/model/title.ts'
import { grantOf, Room } from '../fixture/room.ts'
import { ada, scenes } from '../fixture/scenes.ts'

test('S3: the counters show what is lost and what is doubled', () => {
  const counted = [5, 6, 6, 9].reduce(deliver, beginDelivery(4))
  expect(counted).toEqual({ last: 9, received: 3, lost: 2, doubled: 1 })
})

test('P1: people are shown once, with their devices, the reader first', () => {
  const { view } = scenes.finished().state
  const people = peopleHere(view.presence, 'user:grace')
  expect(people.map(({ name, devices }) => [name, devices.length])).toEqual([
    ['Grace Hopper', 1],
    ['Ada Lovelace', 2],
  ])
  expect(namesOf(view.messages, []).get('user:ada')).toBe('Ada Lovelace')
})

test('C2e C5: words are handed to an agent at its work by who asked for it, or may control', () => {
  const room = new Room('a')
  room.must(ada, { type: 'create' })
  room.must(ada, { type: 'send', parts: [{ kind: 'text', text: 'x' }] })
  const run = room.state.view.runs[0]?.id ?? ''
  const may = (me: Actor, control: boolean): boolean => atWork(room.state.view, ['assistant'], { me, may: { control } })
  expect(may('user:ada', true)).toBe(false)
  room.must(grantOf('agent:assistant'), { type: 'claim', run, worker: 'w' })
  expect([may('user:ada', false), may('user:bob', true), may('user:bob', false)]).toEqual([true, true, false])
  expect(atWork(room.state.view, ['assistant', 'other'], { me: 'user:ada', may: mayAll })).toBe(false)
  room.must(ada, { type: 'update', policy: 'steer' })
  expect(may('user:bob', false)).toBe(true)
})

test('agents are those that the metadata names, then those that worked here', () => {
  const room = new Room('a')
  room.must(ada, { type: 'create' })
  expect(knownAgents(room.state.view)).toEqual(['assistant'])
  expect(knownAgents(scenes.parallel().state.view)).toEqual(['researcher', 'writer'])
  expect(knownAgents({ ...room.state.view, metadata: { agents: ['x', 7, 'y'] } })).toEqual(['x', 'y'])
  expect(defaultAgent({ ...room.state.view, metadata: { agents: ['x', 'y'] } })).toBe('x')
  expect(defaultAgent(scenes.parallel().state.view)).toBe('researcher')
})

test('a new session gets a readable id that the server takes', () => {
  const random = new Uint8Array([0, 1, 2, 3, 4, 5, 250, 255])
  const titles = ['Ship 4.18.1 — today!', '', '日本語', 'é'.repeat(300), '../../etc']
  for (const title of titles) expect(() => sessionId.parse(newSessionId(title, random))).not.toThrow()
  expect(newSessionId('Ship 4.18.1 — today!', random)).toMatch(/^ship-4-18-1-today-[a-z2-9]{8}$/)
  expect(newSessionId('', random)).toMatch(/^session-[a-z2-9]{8}$/)
})

test.each([
  [
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36',
    'Chrome on Linux',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1 Version/19.0 Mobile/15E Safari/604.1',
    'Safari on iPhone',
  ],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36 Edg/156.0',
    'Edge on Windows',
  ],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:150.0) Gecko/20100101 Firefox/150.0', 'Firefox on Mac'],
  ['curl/8', 'Browser'],
])('%s calls itself %s', (agent, label) => {
  expect(deviceLabel(agent)).toBe(label)
})

test('initials and colours', () => {
  expect(['Ada Lovelace', 'writer', ' ', 'Ursula K. Le Guin', '𝒜da'].map(initials)).toEqual(['AL', 'W', '', 'UG', '𝒜'])
  expect(hueOf('user:ada', 8)).toBe(hueOf('user:ada', 8))
  expect(hueOf('user:ada', 8)).toBeLessThan(8)
})

test('A1: what a token does not allow is left out of the page', () => {
  const watcher = [{ sessions: 'team/*', verbs: ['read'] as const }]
  expect(mayIn('team/1', watcher)).toEqual({
    send: false,
    post: false,
    control: false,
    answer: false,
    takeFloor: false,
    admin: false,
  })
  const member = [...watcher, { sessions: 'team/1', verbs: ['send', 'post'] as const }]
  expect(mayIn('team/1', member)).toMatchObject({ send: true, post: true, control: false })
  expect(mayIn('team/2', member)).toMatchObject({ send: false })
})

test('times and sizes in words', () => {
  const now = 1_000_000_000_000
  expect([0, 61_000, 3_700_000, 90_000_000].map((ms) => timeAgo(now - ms, now))).toEqual([
    'now',
    '1m ago',
    '1h ago',
    'yesterday',
  ])
  expect([4_230, 42_000, 65_000].map(duration)).toEqual(['4.2 s', '42 s', '1 min 5 s'])
  // No minute has 60 seconds, and no hour 60 minutes.
  expect([16_600, 59_700, 119_600, 3_599_700, 7_500_000].map(duration)).toEqual([
    '17 s',
    '1 min 0 s',
    '2 min 0 s',
    '1 h 0 min',
    '2 h 5 min',
  ])
  expect([-5, 4_930, 65_000, 7_500_000].map(elapsed)).toEqual(['0 s', '4 s', '1 min 5 s', '2 h 5 min'])
})

test('titles and cuts', () => {
  expect(titleOf({ title: 'T' }, 'id')).toBe('T')
  expect([titleOf({}, 'id'), titleOf({ title: '  ' }, 'id'), titleOf({ title: 3 }, 'id')]).toEqual(['id', 'id', 'id'])
  expect(snippet('a\n b')).toBe('a b')
  expect(snippet('👩‍🚀'.repeat(50), 10)).not.toMatch(/\p{Surrogate}…$/u)
  expect(pretty('text')).toBe('text')
  expect(oneLine({ a: [1] })).toBe('{"a":[1]}')
})
