/** What people do to agents at work, and to what they share. */
import type { Answer, Request, SendPolicy } from '@headrace/core'
import { onlyFor } from '../secrets.ts'
import { person, say } from './person.ts'
import type { Move } from '../move.ts'
import type { Random } from '../random.ts'

function answerTo({ spec }: Request, random: Random): Answer {
  if (spec.kind === 'tool')
    return random.chance(0.7) ? { output: random.below(10) } : { error: 'it does not work here' }
  if (spec.kind === 'question' && random.chance(0.8)) return { value: random.chance(0.9) ? random.below(10) : 'many' }
  return { decision: random.chance(0.6) ? 'approve' : 'deny' }
}

function isOpen({ status }: Request): boolean {
  return status === 'open' || status === 'claimed'
}

export const controlMoves: readonly Move[] = [
  person('steer', 3, ({ device, id, view }, random) => {
    const run = random.pick(view.runs)?.id
    if (run === undefined) return undefined
    const text = say(random)
    device.ask(id, (session) => session.steer(run, text, random.chance(0.3) ? { carry: false } : {}))
    return `steers ${run}: "${text}"`
  }),
  person('pause', 2, ({ device, id, view }, random) => {
    const run = random.pick(view.runs)?.id
    if (run === undefined) return undefined
    device.ask(id, (session) => session.pause(run))
    return `pauses ${run}`
  }),
  person('resume', 3, ({ device, id, view }, random) => {
    const held = view.runs.filter((run) => run.paused || run.status === 'suspended')
    const run = random.pick(held.length > 0 ? held : view.runs)?.id
    if (run === undefined) return undefined
    device.ask(id, (session) => session.resume(run))
    return `lets ${run} go on`
  }),
  person('reorder', 1, ({ device, id, view }, random) => {
    const queued = view.runs.filter((run) => run.status === 'queued')
    const run = random.pick(queued)?.id
    if (run === undefined) return undefined
    const before = random.chance(0.5) ? null : (random.pick(queued)?.id ?? null)
    device.ask(id, (session) => session.reorder(run, before))
    return `puts ${run} before ${before ?? 'nothing'}`
  }),
  person('take-floor', 2, ({ device, id }, random) => {
    const force = random.chance(0.2)
    device.ask(id, (session) => session.takeFloor(force ? { force } : {}))
    return force ? 'takes the floor from whoever has it' : 'takes the floor'
  }),
  person('hand-back', 3, ({ device, id }) => {
    device.ask(id, (session) => session.handBack())
    return 'hands the floor back'
  }),
  person('request-floor', 1, ({ device, id }) => {
    device.ask(id, (session) => session.requestFloor())
    return 'asks for the floor'
  }),
  person('answer', 6, ({ device, id, view }, random) => {
    const open = view.requests.filter(isOpen)
    const request = random.pick(open.length > 0 && random.chance(0.9) ? open : view.requests)
    if (!request) return undefined
    if (request.spec.kind === 'tool') device.ask(id, (session) => session.claimRequest(request.id))
    const answer = answerTo(request, random)
    device.ask(id, (session) => session.answer(request.id, answer))
    return `answers ${request.id} with ${JSON.stringify(answer)}`
  }),
  person('answer-race', 4, ({ device, id, view }, random, world) => {
    const request = random.pick(view.requests.filter(isOpen))
    if (!request) return undefined
    const others = world.devices.filter((other) => !other.isClosed)
    for (const other of new Set([device, ...others])) {
      if (request.spec.kind === 'tool') other.ask(id, (session) => session.claimRequest(request.id))
      other.ask(id, (session) => session.answer(request, answerTo(request, random)))
    }
    return `and everybody else answers ${request.id} at once`
  }),
  person('whisper', 3, ({ device, id }, random, { setup }) => {
    const text = onlyFor([device.actor])
    const policy: SendPolicy | undefined = random.pick([undefined, 'parallel', 'steer'])
    const agent = random.pick(setup.agents)
    if (random.chance(0.5)) device.ask(id, (session) => session.post({ text, to: [device.actor] }))
    else
      device.ask(id, (session) =>
        session.send({ text, to: [device.actor], ...(policy && { policy }), ...(agent !== undefined && { agent }) }),
      )
    return 'says something that is not for everybody'
  }),
  person('patch', 3, ({ device, id, view }, random) => {
    const { version } = view.document
    const path = `/${random.pick(['a', 'b', 'c']) ?? 'a'}`
    const op = random.chance(0.2)
      ? { op: 'remove' as const, path }
      : { op: 'add' as const, path, value: random.below(100) }
    device.ask(id, (session) => session.patch([op], random.chance(0.6) ? { version } : {}))
    return `changes the document: ${JSON.stringify(op)}`
  }),
  person('select', 1, ({ device, id, view }, random) => {
    const leaf = random.pick(view.messages)?.id
    if (leaf === undefined) return undefined
    device.ask(id, (session) => session.select(leaf))
    return `looks at ${leaf}`
  }),
  person('read', 2, ({ device, id }) => {
    device.session(id).markRead()
    return 'has read all'
  }),
  person('budget', 2, ({ device, id }, random) => {
    const budget = random.pick([null, { tokens: 100 }, { tokens: 400 }, { toolCalls: 3 }, { timeMs: 3_000 }])
    const which = random.pick(['budget', 'runBudget', 'participantBudget'] as const) ?? 'budget'
    device.ask(id, (session) => session.update({ [which]: budget ?? null }))
    return `sets ${which} to ${JSON.stringify(budget)}`
  }),
  person('settings', 1, ({ device, id }, random) => {
    const change = random.pick([
      { unwatched: { afterMs: 2_000, action: 'pause' } },
      { unwatched: { afterMs: 2_000, action: 'cancel' } },
      { unwatched: null },
      { policy: 'steer' },
      { policy: 'parallel' },
      { maxAttempts: 2 },
      { archived: true },
    ] as const) ?? { archived: true }
    device.ask(id, (session) => session.update(change))
    return `changes ${JSON.stringify(change)}`
  }),
]
