/**
 * Small stories of a session for tests of its history: people and agents write, also privately, steps by number. What a
 * step can't do is refused, as it would be for anybody.
 */
import * as fc from 'fast-check'
import type { Audience, CommandBody, Grant, Outcome, SessionView, WriteOp } from '@headrace/core'
import { ada, grantOf, key, type TestHub } from './hub.ts'

export interface Beat {
  readonly kind: number
  readonly a: number
  readonly b: number
}

export const beats: fc.Arbitrary<readonly Beat[]> = fc.array(
  fc.record({ kind: fc.integer({ min: 0, max: 15 }), a: fc.nat({ max: 999 }), b: fc.nat({ max: 999 }) }),
  { minLength: 5, maxLength: 60, size: 'max' },
)

export const bob: Grant = grantOf('user:bob')
export const sue: Grant = grantOf('operator:sue')
export const writer: Grant = grantOf('agent:writer')
const people = [ada, bob, sue]
const audiences: readonly (Audience | undefined)[] = [undefined, undefined, undefined, ['user:ada'], 'operators']

/** Plays a story on the session of {@link key}, which it creates. */
export async function play(server: TestHub, story: readonly Beat[]): Promise<void> {
  await server.ask({ type: 'create', metadata: { title: 'story' } })
  for (const beat of story) await step(server, beat)
}

async function step(server: TestHub, { kind, a, b }: Beat): Promise<void> {
  const by = people[a % people.length] ?? ada
  const view = await server.hub.view(key, sue)
  const ask = (body: CommandBody, grant: Grant = by): Promise<Outcome> => server.ask(body, undefined, grant)
  const words = `word${a} and ${'x'.repeat(b % 40)} “${b}”`
  switch (kind) {
    case 0:
      return void (await ask({ type: 'post', parts: [{ kind: 'text', text: words.repeat((a % 3) * 300 + 1) }] }))
    case 1:
      return void (await ask({
        type: 'post',
        parts: [
          { kind: 'text', text: words },
          { kind: 'data', name: 'd', value: { n: b } },
        ],
        to: [by.actor],
      }))
    case 2:
    case 3:
      return void (await ask({ type: 'send', parts: [{ kind: 'text', text: words }], policy: 'parallel' }))
    case 4:
    case 5:
      return claim(server, view)
    case 6:
      return void (await ask({ type: 'update', metadata: { n: b } }))
    case 7:
      return void (await ask({ type: 'cancel', target: { all: true } }, ada))
    case 8:
      return server.clock.advance(500 + b * 10)
    default:
      return write(server, view, { kind, a, b })
  }
}

async function claim(server: TestHub, view: SessionView): Promise<void> {
  const run = view.runs.find(({ status }) => status === 'queued')
  if (run) await server.ask({ type: 'claim', run: run.id, worker: 'w1', leaseMs: 60_000 }, undefined, writer)
}

/** Opens a part, says something in several deltas, and now and then closes it, or ends the run. */
async function write(server: TestHub, view: SessionView, { kind, a, b }: Beat): Promise<void> {
  const active = view.runs.filter(({ status }) => status === 'active')
  const run = active[a % Math.max(1, active.length)]
  if (!run) return claim(server, view)
  const room = await server.hub.room(key)
  const hold = room.state.guard.holds[run.id]
  if (!hold) return
  const message = `m${a % 2}`
  const part = `p${Math.floor(b / 7) % 5}`
  const to = audiences[Math.floor(b / 3) % audiences.length]
  const tool = b % 4 === 0
  const open: WriteOp = {
    op: 'open',
    message,
    part,
    start: tool ? { kind: 'tool', name: 'look', callId: part } : { kind: 'text' },
    ...(to !== undefined && { to }),
  }
  const deltas = Array.from({ length: 1 + (b % 6) }, (_, index): WriteOp => ({
    op: 'delta',
    message,
    part,
    text: `${index}:${a} `,
  }))
  const attempts: readonly (readonly WriteOp[])[] =
    kind === 15
      ? [[{ op: 'end', reason: a % 2 === 0 ? 'complete' : 'failed' }]]
      : kind >= 13
        ? [[{ op: 'close', message, part, ...(b % 2 === 0 && tool && { fields: { output: { found: a } } }) }]]
        : [deltas, [open, ...deltas]]
  for (const ops of attempts) {
    const body = { type: 'write' as const, run: run.id, attempt: run.attempt, n: hold.n + 1, ops }
    const outcome = await server.ask(body, undefined, writer)
    if (outcome.outcome === 'accepted') return
  }
}
