/**
 * Broken variants of the protocol. Each breaks one thing at a seam of the real server or client, and the simulator must
 * see it: a check that no mutant can fail would be worth nothing.
 */
import {
  AppendConflict,
  HeadraceError,
  type Request,
  type Run,
  type RunSignal,
  type SessionKey,
  type SessionState,
} from '@headrace/core'
import { connect, type Client, type Session } from '@headrace/client'
import { sessionRules, type Follower, type SocketHub } from '@headrace/server/virtual'
import type { Setup, Subject } from '@headrace/testing/simulator'
import { headrace } from './headrace.ts'
import { redactionMutants } from './redaction-mutants.ts'
import { changed, makePage, paged, rules, shifted, through, withStore, type Decide } from './seams.ts'
import { webhookMutants } from './webhook-mutants.ts'

export interface Mutant {
  readonly name: string
  readonly subject: Subject
  /** Where it can be seen. Default: everywhere. */
  readonly where?: (setup: Setup) => boolean
}

function approving(signal: RunSignal): RunSignal {
  if (signal.signal !== 'answered') return signal
  const { request } = signal
  return { ...signal, request: { ...request, answer: { decision: 'approve' } } }
}

function withRun(state: SessionState, id: string, change: (run: Run) => Run): SessionState {
  const runs = state.view.runs.map((run) => (run.id === id ? change(run) : run))
  return { ...state, view: { ...state.view, runs } }
}

/** Shows batches to readers when they are handed to the store. */
function eager(): Subject {
  return headrace(({ store }) => {
    const pending = new Map<SessionKey, { readonly after: number; readonly events: readonly string[] }>()
    const wakes = new Map<SessionKey, Set<() => void>>()
    return {
      store: {
        ...store,
        async append(key, expectedSeq, batch) {
          pending.set(key, { after: expectedSeq, events: batch.events })
          for (const wake of wakes.get(key) ?? []) wake()
          await store.append(key, expectedSeq, batch).finally(() => pending.delete(key))
        },
      },
      through: (hub) =>
        changed<SocketHub>(hub, {
          async follow(key, reader, options): Promise<Follower> {
            wakes.set(key, (wakes.get(key) ?? new Set()).add(options.wake))
            const follower = await hub.follow(key, reader, options)
            let shown = options.after
            return {
              get cursor() {
                return shown
              },
              next() {
                const early = pending.get(key)
                if (early?.after === shown) {
                  shown += early.events.length
                  return makePage(key.slice(key.indexOf('!') + 1), early.after, early.events)
                }
                const page = follower.next()
                if (page === undefined || page instanceof Promise || page.last <= shown) return undefined
                shown = page.last
                return page
              },
              close: () => follower.close(),
            }
          },
        }),
    }
  })
}

/** A client that is changed where applications use it. */
function clientWith(change: (session: Session) => Partial<Session>): Subject {
  return {
    ...headrace(),
    connect(options): Client {
      const client = connect(options)
      return changed<Client>(client, {
        session(...args) {
          const session = client.session(...args)
          return changed(session, change(session))
        },
      })
    },
  }
}

/** A client that says each command once, whatever becomes of it. */
function forgetfulClient(): Subject {
  return {
    ...headrace(),
    connect(options) {
      const said = new Set<string>()
      const { WebSocket } = options
      if (!WebSocket) throw new Error('A simulated client has a simulated WebSocket.')
      class Socket extends WebSocket {
        override send(data: string): void {
          const { type, id } = JSON.parse(data) as { type: string; id?: string } // a frame of our client
          if (type === 'command' && id !== undefined && said.has(id)) return
          if (id !== undefined) said.add(id)
          super.send(data)
        }
      }
      return connect({ ...options, WebSocket: Socket })
    },
  }
}

const noop = (state: SessionState): ReturnType<Decide> => ({ outcome: 'noop', seq: state.view.seq })

export const mutants: readonly Mutant[] = [
  ...redactionMutants,
  ...webhookMutants,
  {
    name: 'acknowledges before it is durable',
    subject: withStore((store) => ({
      async append(...args) {
        void store.append(...args).catch(() => undefined)
      },
    })),
  },
  { name: 'delivers before it is durable', subject: eager() },
  {
    name: 'takes a write of unknown outcome for done',
    subject: withStore((store) => ({
      append: (...args) =>
        store.append(...args).catch((thrown: unknown) => {
          if (!(thrown instanceof HeadraceError) || thrown.code !== 'unknown_outcome') throw thrown
        }),
    })),
  },
  {
    name: 'takes a write of unknown outcome for failed',
    subject: withStore((store) => ({
      append: (...args) =>
        store.append(...args).catch((thrown: unknown) => {
          if (!(thrown instanceof HeadraceError) || thrown.code !== 'unknown_outcome') throw thrown
          throw new HeadraceError('store_unavailable', 'It did not answer.')
        }),
    })),
  },
  {
    name: 'appends wherever the log ends',
    subject: withStore((store) => ({
      append: (key, expectedSeq, batch) =>
        store.append(key, expectedSeq, batch).catch((thrown: unknown) => {
          if (!(thrown instanceof AppendConflict)) throw thrown
          return store.append(key, thrown.actual, batch)
        }),
    })),
  },
  {
    name: 'answers from what it knew, though others write too',
    subject: withStore((store) => ({ capabilities: { ...store.capabilities, shared: false } })),
  },
  { name: 'resumes one event too late', subject: shifted(1) },
  { name: 'sends the last event again after a reconnect', subject: shifted(-1) },
  {
    name: 'fans out in the wrong order',
    subject: paged((page) => (page.events.length < 2 ? page : makePage('s1', page.after, page.events.toReversed()))),
  },
  {
    name: 'gives a joiner a snapshot that is ahead of the log',
    subject: through((hub) => ({
      view: async (...args) => {
        const view = await hub.view(...args)
        return { ...view, seq: view.seq + 1 }
      },
    })),
  },
  {
    name: 'folds the log otherwise than it decided',
    subject: headrace(() => ({
      rules: {
        ...sessionRules,
        fold: (state, event) =>
          event.type === 'part.closed'
            ? { ...state, view: { ...state.view, seq: event.seq, at: event.at } }
            : sessionRules.fold(state, event),
      },
    })),
  },
  {
    name: 'forgets which commands it has answered',
    subject: rules(
      (decide) => (state, command, now, options) =>
        decide({ ...state, guard: { ...state.guard, commands: [] } }, command, now, options),
    ),
  },
  {
    name: 'lets an attempt that is over write',
    subject: rules((decide) => (state, command, now, options) => {
      const { body } = command
      const hold = body.type === 'write' ? state.guard.holds[body.run] : undefined
      if (body.type !== 'write' || !hold || body.attempt === hold.attempt) return decide(state, command, now, options)
      return decide(state, { ...command, body: { ...body, attempt: hold.attempt, n: hold.n + 1 } }, now, options)
    }),
  },
  {
    name: 'applies a batch again when it is sent again',
    subject: rules((decide) => (state, command, now, options) => {
      const { body } = command
      const hold = body.type === 'write' ? state.guard.holds[body.run] : undefined
      if (body.type !== 'write' || !hold || body.attempt !== hold.attempt || body.n > hold.n)
        return decide(state, command, now, options)
      return decide(state, { ...command, body: { ...body, n: hold.n + 1 } }, now, options)
    }),
  },
  {
    name: 'gives a run to a second worker',
    subject: rules((decide) => (state, command, now, options) => {
      const { body } = command
      if (body.type !== 'claim') return decide(state, command, now, options)
      const free = withRun(state, body.run, (run) => (run.status === 'active' ? { ...run, status: 'queued' } : run))
      return decide(free, command, now, options)
    }),
  },
  {
    name: 'never lets a lease lapse',
    subject: rules(
      (decide) => (state, command, now, options) =>
        command.body.type === 'tick' ? noop(state) : decide(state, command, now, options),
    ),
  },
  {
    name: 'lets leases lapse too early',
    subject: rules((decide) => (state, command, now, options) => {
      if (command.body.type !== 'tick') return decide(state, command, now, options)
      const holds = Object.entries(state.guard.holds).map(([run, hold]) => [run, { ...hold, until: hold.until - 900 }])
      return decide({ ...state, guard: { ...state.guard, holds: Object.fromEntries(holds) } }, command, now, options)
    }),
  },
  {
    name: 'loses a cancel that comes before the claim',
    subject: rules((decide) => (state, command, now, options) => {
      const isEarly = state.view.runs.every((run) => run.status !== 'active')
      return command.body.type === 'cancel' && isEarly ? noop(state) : decide(state, command, now, options)
    }),
  },
  {
    name: 'ends a run as its agent says, though it was asked to stop',
    subject: rules((decide) => (state, command, now, options) => {
      const { body } = command
      if (body.type !== 'write') return decide(state, command, now, options)
      const unasked = withRun(state, body.run, (run) => {
        if (run.status !== 'active') return run
        const { cancel: _, ...rest } = run
        return rest
      })
      return decide(unasked, command, now, options)
    }),
  },
  {
    name: 'lets a run go on after its end',
    subject: rules((decide) => (state, command, now, options) => {
      const { body } = command
      if (body.type !== 'regenerate') return decide(state, command, now, options)
      // Another answer is written by the run that gave the first one.
      const again = state.view.runs.find((run) => run.input === body.input && run.status === 'ended')
      if (!again) return decide(state, command, now, options)
      const open = withRun(state, again.id, (run) => {
        const { id, agent, input, policy, by, queuedAt, attempt, maxAttempts } = run
        return { id, agent, input, policy, by, queuedAt, attempt, maxAttempts, status: 'queued' }
      })
      return decide(open, { ...command, body: { type: 'cancel', target: { run: again.id } } }, now, options)
    }),
  },
  {
    name: 'takes a second answer to a request',
    subject: rules((decide) => (state, command, now, options) => {
      const { body } = command
      if (body.type !== 'answer') return decide(state, command, now, options)
      const requests = state.view.requests.map((request): Request => {
        if (request.id !== body.request) return request
        const { answer: _, by: __, closedAt: ___, ...open } = request
        return { ...open, status: request.claim ? 'claimed' : 'open' }
      })
      return decide({ ...state, view: { ...state.view, requests } }, command, now, options)
    }),
  },
  {
    name: 'lets anybody answer',
    subject: rules((decide) => (state, command, now, options) => {
      if (command.body.type !== 'answer') return decide(state, command, now, options)
      const requests = state.view.requests.map((request): Request => {
        const { answerers: _, ...rest } = request
        return rest
      })
      return decide({ ...state, view: { ...state.view, requests } }, command, now, options)
    }),
  },
  {
    name: 'takes output while a run is paused',
    subject: rules((decide) => (state, command, now, options) => {
      const { body } = command
      if (body.type !== 'write') return decide(state, command, now, options)
      const free = withRun(state, body.run, ({ paused: _, ...run }) => run)
      return decide(free, command, now, options)
    }),
  },
  {
    name: 'claims while a person holds the floor',
    subject: rules((decide) => (state, command, now, options) => {
      if (command.body.type !== 'claim') return decide(state, command, now, options)
      return decide({ ...state, view: { ...state.view, floor: { asked: [] } } }, command, now, options)
    }),
  },
  {
    name: 'gives the floor to whoever asks',
    subject: rules((decide) => (state, command, now, options) => {
      if (command.body.type !== 'take-floor') return decide(state, command, now, options)
      return decide({ ...state, view: { ...state.view, floor: { asked: [] } } }, command, now, options)
    }),
  },
  {
    name: 'lets a suspended run be claimed',
    subject: rules((decide) => (state, command, now, options) => {
      const { body } = command
      if (body.type !== 'claim' && body.type !== 'tick') return decide(state, command, now, options)
      // Whoever comes first after the suspension takes it again.
      const held = state.view.runs.find((run) => run.status === 'suspended')
      if (!held) return decide(state, command, now, options)
      const { id, agent, input, policy, by, queuedAt, attempt, maxAttempts } = held
      const free = withRun(state, id, () => ({
        id,
        agent,
        input,
        policy,
        by,
        queuedAt,
        attempt,
        maxAttempts,
        status: 'queued',
      }))
      const grant = {
        ...command.grant,
        agents: ['*'],
        capabilities: [{ sessions: '**', verbs: ['write-as-agent' as const] }],
      }
      return decide(free, { grant, body: { type: 'claim', run: id, worker: 'w' } }, now, options)
    }),
  },
  {
    name: 'tells a worker that comes back that it lost what it holds',
    subject: through(({ dispatcher }) => ({
      dispatcher: changed(dispatcher, {
        register(options) {
          for (const held of options.held ?? []) options.signal(held, { signal: 'lost' })
          return dispatcher.register(options)
        },
      }),
    })),
  },
  {
    name: 'tells an agent yes where somebody said no',
    subject: through(({ dispatcher }) => ({
      dispatcher: changed(dispatcher, {
        register: (options) =>
          dispatcher.register({ ...options, signal: (held, signal) => options.signal(held, approving(signal)) }),
      }),
    })),
  },
  {
    name: 'tells an agent to stop that nobody has asked to',
    subject: through(({ dispatcher }) => ({
      dispatcher: changed(dispatcher, {
        register: (options) =>
          dispatcher.register({
            ...options,
            signal: (held, signal) => options.signal(held, signal.signal === 'resumed' ? { signal: 'cancel' } : signal),
          }),
      }),
    })),
  },
  {
    name: 'goes on showing devices that have gone',
    subject: through(({ presences }) => ({
      presences: changed(presences, {
        async join(...args) {
          await presences.join(...args)
          return () => undefined
        },
      }),
    })),
  },
  {
    name: 'forgets that it has told somebody',
    subject: rules(
      (decide) => (state, command, now, options) =>
        command.body.type === 'settle-notice' ? noop(state) : decide(state, command, now, options),
    ),
  },
  {
    name: 'tells whom another server tells',
    where: ({ notices, servers }) => notices === true && servers > 1,
    subject: rules((decide) => (state, command, now, options) => {
      if (command.body.type !== 'take-notice') return decide(state, command, now, options)
      const notices = state.guard.notices.map(({ taken: _, ...notice }) => notice)
      return decide({ ...state, guard: { ...state.guard, notices } }, command, now, options)
    }),
  },
  {
    name: 'takes for told who was not',
    subject: headrace(({ tell }) => (tell ? { tell: () => Promise.resolve('sent') } : {})),
  },
  {
    name: 'tells nobody',
    subject: headrace(({ tell }) => (tell ? { tell: () => new Promise(() => undefined) } : {})),
  },
  {
    name: 'forgets to wake a run that waits for an answer',
    subject: rules((decide) => (state, command, now, options) => {
      const decision = decide(state, command, now, options)
      const { type } = command.body
      if (decision.outcome !== 'accepted' || (type !== 'answer' && type !== 'tick')) return decision
      const kept = decision.events.filter((event) => event.type !== 'run.woken')
      if (kept.length === decision.events.length) return decision
      const events = kept.map((event, index) => ({ ...event, seq: state.view.seq + index + 1 }))
      return { ...decision, events, state: events.reduce(sessionRules.fold, state) }
    }),
  },
  {
    name: 'does not count against budgets',
    subject: rules((decide) => (state, command, now, options) => {
      const { budget: _, runBudget: __, participantBudget: ___, ...view } = state.view
      if (command.body.type !== 'write') return decide(state, command, now, options)
      const runs = view.runs.map(({ budget: _own, ...run }): Run => run)
      return decide({ ...state, view: { ...view, runs } }, command, now, options)
    }),
  },
  {
    name: 'shows everybody what is for some',
    subject: through((hub) => ({
      follow: (key, _reader, options) => hub.follow(key, { actor: 'system:headrace' }, options),
    })),
  },
  {
    name: 'gives a joiner what is for others',
    subject: through((hub) => ({
      view: (key) => hub.view(key, { actor: 'system:headrace' }),
    })),
  },
  {
    name: 'believes the wall clock',
    subject: rules(
      (decide, { clock }) =>
        (state, command, _now, options) =>
          decide({ ...state, view: { ...state.view, at: 0 } }, command, clock.now(), options),
    ),
  },
  {
    name: 'client gives its application an event twice',
    subject: clientWith((session) => ({
      onEvent: (listener) =>
        session.onEvent((event) => {
          listener(event)
          if (event.type === 'run.ended') listener(event)
        }),
    })),
  },
  { name: 'client forgets what was not answered when the connection broke', subject: forgetfulClient() },
]
