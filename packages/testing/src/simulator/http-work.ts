/**
 * What an agent without a socket does with a run: writes each batch until it is answered. Careless on purpose: it sends
 * batches twice and at once, goes on when it has long lost the run, and comes back with old ones.
 */
import type { Actor, CommandBody, WriteOp } from '@headrace/core'
import type { Host } from './host.ts'
import type { Random } from './random.ts'
import type { PulledRun } from './subject.ts'
import type { World } from './world.ts'

export interface HttpWorker {
  readonly world: World
  readonly host: Host
  readonly actor: Actor
  readonly random: Random
}

export async function workOverHttp(worker: HttpWorker, pulled: PulledRun): Promise<void> {
  const { world, host, actor, random } = worker
  const ask = (body: CommandBody): ReturnType<World['ask']> =>
    world.ask(host, actor, { id: world.newName('pull-'), session: pulled.session, body })
  const batches = random.between(1, 5)
  for (let n = 1; n <= batches; n += 1) {
    const isLast = n === batches && random.chance(0.8)
    const body = batchOf(pulled, n, isLast)
    const copies = random.chance(0.3) ? 2 : 1
    const asked = Array.from({ length: copies }, () => ask(body))
    if (random.chance(0.2) && n > 1) asked.push(ask(batchOf(pulled, n - 1, false)))
    const outcomes = await Promise.all(asked)
    if (outcomes.every((outcome) => outcome.outcome === 'refused') && !random.chance(0.3)) return
    // Sometimes for longer than its lease.
    const ms = random.chance(0.2) ? random.between(0, 2 * world.setup.leaseMs) : random.between(0, 300)
    await new Promise<void>((resolve) => void host.clock.after(ms, resolve))
  }
}

function batchOf(
  { run, attempt }: PulledRun,
  n: number,
  isLast: boolean,
): Extract<CommandBody, { readonly type: 'write' }> {
  const ops: WriteOp[] = []
  if (n === 1) ops.push({ op: 'open', message: 'answer', part: 'p', start: { kind: 'text' } })
  ops.push({ op: 'delta', message: 'answer', part: 'p', text: `${run}/${attempt}#${n} ` })
  if (isLast) ops.push({ op: 'end', reason: 'complete' })
  return { type: 'write', run, attempt, n, ops }
}
