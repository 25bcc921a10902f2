/** What happens to an agent that is called by webhook. */
import type { SendPolicy } from '@headrace/core'
import { calledAgent } from '../called-agent.ts'
import { person, say } from './person.ts'
import type { Move } from '../move.ts'

export const webhookMoves: readonly Move[] = [
  {
    ...person('call', 16, ({ device, id }, random) => {
      const text = say(random)
      const policy: SendPolicy | undefined = random.pick([undefined, 'queue', 'parallel', 'parallel', 'interrupt'])
      device.ask(id, (session) => session.send({ text, agent: calledAgent, ...(policy && { policy }) }))
      return `sends "${text}" to ${calledAgent}`
    }),
    only: 'webhooks',
  },
  {
    ...person('retry', 2, ({ device, id, view }, random) => {
      const waiting = view.runs.filter((run) => run.status === 'queued' && run.undelivered)
      const run = random.pick(waiting.length > 0 ? waiting : view.runs)?.id
      if (run === undefined) return undefined
      device.ask(id, (session) => session.retry(run))
      return `has ${run} tried again`
    }),
    only: 'webhooks',
  },
  {
    name: 'hook-down',
    share: 6,
    only: 'webhooks',
    act(world, random) {
      const ms = random.pick([100, 3_000, 30_000]) ?? 100
      world.hook.down(ms)
      return `${calledAgent} does not answer for ${ms} ms`
    },
  },
]
