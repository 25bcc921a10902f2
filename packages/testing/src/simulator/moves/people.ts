/** What people do. */
import type { CancelTarget, CommandBody, JsonObject, SendPolicy, SessionSettings, SessionView } from '@headrace/core'
import { person, say } from './person.ts'
import type { Move } from '../move.ts'
import type { Random } from '../random.ts'

function policyOf(random: Random): SendPolicy | undefined {
  return random.pick([undefined, undefined, 'queue', 'parallel', 'interrupt', 'reject', 'steer'] as const)
}

function inputOf(view: SessionView, random: Random): string | undefined {
  return random.pick(view.messages.filter((message) => message.role === 'user'))?.id
}

/** Settings that most sessions do without. */
function extras(random: Random): SessionSettings {
  return {
    ...(random.chance(0.15) && { runBudget: { tokens: 150, toolCalls: 4 } }),
    ...(random.chance(0.1) && { budget: { tokens: 500 } }),
    ...(random.chance(0.1) && { unwatched: { afterMs: 3_000, action: random.chance(0.5) ? 'pause' : 'cancel' } }),
    ...(random.chance(0.15) && { retention: { rawMs: 1_000 } }),
  }
}

export const peopleMoves: readonly Move[] = [
  person('create', 3, ({ device, id }, random, { setup }) => {
    const policy = random.pick(setup.policies) ?? 'queue'
    device.ask(id, (session) =>
      session.create({ policy, maxAttempts: setup.maxAttempts, metadata: { n: random.below(9) }, ...extras(random) }),
    )
    return `creates it (${policy})`
  }),
  person('send', 12, ({ device, id }, random, { setup }) => {
    const policy = policyOf(random)
    const agent = random.pick([undefined, ...setup.agents])
    const text = say(random)
    device.ask(id, (session) =>
      session.send({ text, ...(policy !== undefined && { policy }), ...(agent !== undefined && { agent }) }),
    )
    return `sends "${text}" to ${agent ?? 'its agent'} (${policy ?? 'its policy'})`
  }),
  person('post', 4, ({ device, id }, random) => {
    const text = say(random)
    device.ask(id, (session) => session.post(text))
    return `posts "${text}"`
  }),
  person('edit', 3, ({ device, id, view }, random) => {
    const edits = inputOf(view, random)
    if (edits === undefined) return undefined
    const text = say(random)
    device.ask(id, (session) => session.send({ text, edits }))
    return `edits ${edits} to "${text}"`
  }),
  person('regenerate', 3, ({ device, id, view }, random) => {
    const input = inputOf(view, random)
    if (input === undefined) return undefined
    device.ask(id, (session) => session.regenerate(input))
    return `asks for another answer to ${input}`
  }),
  person('cancel', 5, ({ device, id, view }, random, { setup }) => {
    const run = random.pick(view.runs)?.id
    const agent = random.pick(setup.agents)
    const targets: readonly (CancelTarget | undefined)[] = [
      { all: true },
      { own: true },
      agent === undefined ? undefined : { agent },
      run === undefined ? undefined : { subtree: run },
      run === undefined ? undefined : { run },
      run === undefined ? undefined : { run },
    ]
    const target = random.pick(targets) ?? { all: true }
    device.ask(id, (session) => session.cancel(target))
    return `stops ${JSON.stringify(target)}`
  }),
  person('update', 2, ({ device, id }, random) => {
    const patch: JsonObject = { [random.pick(['title', 'tag']) ?? 'title']: random.chance(0.2) ? null : say(random) }
    device.ask(id, (session) => session.update({ metadata: patch }))
    return `updates ${JSON.stringify(patch)}`
  }),
  person('follow', 2, ({ device, id }, random) => {
    const present = random.chance(0.5)
    device.follow(id, present)
    return present ? 'follows it and shows itself' : 'follows it'
  }),
  person('leave', 2, ({ device, id }) => {
    device.unfollow(id)
    return 'looks away'
  }),
  person('close', 1, ({ device }, _random, world) => {
    void device.close()
    world.addDevice(device.actor)
    return 'is closed, another device takes its place'
  }),
  person('burst', 0.4, ({ device, id }, random) => {
    const count = random.between(5, 60)
    for (let index = 0; index < count; index += 1) device.ask(id, (session) => session.post(`line ${index}`))
    return `posts ${count} lines at once`
  }),
  person('look', 2, ({ device, id }, _random, world) => {
    void world.look(device, id)
    return 'asks for the session over HTTP'
  }),
  person('twice', 4, ({ device, id, view }, random, world) => {
    // The same command from two tabs of one person, or from one that lost its patience.
    const input = inputOf(view, random)
    const text = say(random)
    const bodies: readonly CommandBody[] = [
      { type: 'send', parts: [{ kind: 'text', text }] },
      { type: 'post', parts: [{ kind: 'text', text }] },
      { type: 'cancel', target: { all: true } },
      { type: 'update', metadata: { tag: text } },
      ...(input === undefined ? [] : [{ type: 'regenerate', input } as const]),
    ]
    const body = random.pick(bodies) ?? { type: 'create' }
    const command = { id: world.newName('twice-'), session: id, body }
    const copies = random.between(2, 3)
    for (let copy = 0; copy < copies; copy += 1) void world.ask(device.host, device.actor, command)
    return `asks ${copies} times for ${JSON.stringify(body)}`
  }),
]
