/** Broken variants of how agents are called by webhook. */
import type { Setup, Subject } from '@headrace/testing/simulator'
import { headrace } from './headrace.ts'
import { changed, rules, through } from './seams.ts'
import type { Mutant } from './mutants.ts'
import type { SocketHub } from '@headrace/server/virtual'

const where = ({ webhooks }: Setup): boolean => webhooks === true

type Options = Parameters<SocketHub['dispatcher']['register']>[0]

/** Those that are called are registered otherwise. */
function registering(change: (options: Options) => Options): Subject {
  return through(({ dispatcher }) => ({
    dispatcher: changed(dispatcher, {
      register: (options) => dispatcher.register(options.isCalled === true ? change(options) : options),
    }),
  }))
}

export const webhookMutants: readonly Mutant[] = [
  {
    name: 'calls no agent',
    where,
    subject: headrace(({ call }) => (call ? { call: async () => 202 } : {})),
  },
  {
    name: 'takes a call that failed for one that was taken',
    where,
    subject: headrace(({ call }) => (call ? { call: (body) => call(body).then(() => 202) } : {})),
  },
  {
    name: 'takes a call that was taken for one that failed',
    where,
    subject: headrace(({ call }) => (call ? { call: (body) => call(body).then(() => 500) } : {})),
  },
  {
    name: 'calls again at once after a failure',
    where,
    subject: rules((decide) => (state, command, now, options) => {
      const { body } = command
      if (body.type !== 'undelivered' || body.retryMs === undefined) return decide(state, command, now, options)
      return decide(state, { ...command, body: { ...body, retryMs: 0 } }, now, options)
    }),
  },
  {
    name: 'gives an agent up after one failure',
    where,
    subject: rules((decide) => (state, command, now, options) => {
      if (command.body.type !== 'undelivered') return decide(state, command, now, options)
      const { retryMs: _, ...body } = command.body
      return decide(state, { ...command, body }, now, options)
    }),
  },
  {
    name: 'calls again for an attempt that it has called for',
    where,
    subject: registering((options) => ({
      ...options,
      assign(assignment) {
        options.assign(assignment)
        options.assign(assignment)
      },
    })),
  },
  {
    name: 'calls an agent for a run when it has lost it',
    where,
    subject: registering((options) => {
      const kept = new Map<string, Parameters<typeof options.assign>[0]>()
      return {
        ...options,
        assign: (assignment) => void kept.set(assignment.run, assignment),
        signal(held, signal) {
          const assignment = kept.get(held.run)
          if (assignment && signal.signal === 'lost') options.assign(assignment)
          options.signal(held, signal)
        },
      }
    }),
  },
  {
    name: 'takes the claim of another server for its own, and calls as well',
    where: (setup) => where(setup) && setup.servers > 1,
    subject: registering((options) => ({ ...options, worker: 'webhook.hook' })),
  },
  {
    name: 'does not call an agent any more that let a lease lapse',
    where,
    subject: registering(({ isCalled: _, ...options }) => options),
  },
  {
    name: 'tells an agent that is called that it lost what it has',
    where,
    subject: registering((options) => ({
      ...options,
      assign(assignment) {
        options.assign(assignment)
        options.signal(assignment, { signal: 'lost' })
      },
    })),
  },
]
