/** Broken variants of streams. The simulation must see each: a check that no mutant can fail would be worth nothing. */
import { HeadraceError } from '@headrace/core'
import type { StreamServer, StreamSurroundings } from '@headrace/testing/simulator'
import { simulatedStreams, type BreakStreams } from './simulated-streams.ts'

type Store = StreamSurroundings['store']

function withStore(change: (store: Store) => Partial<Store>): BreakStreams {
  return { around: (given) => ({ ...given, store: { ...given.store, ...change(given.store) } }) }
}

function withServer(change: (server: StreamServer) => Partial<StreamServer>): BreakStreams {
  return { server: (server) => ({ ...server, ...change(server) }) }
}

const broken: Readonly<Record<string, BreakStreams>> = {
  'acknowledges before it is durable': withStore((store) => ({
    async append(...args) {
      void store.append(...args).catch(() => undefined)
    },
  })),
  'says that what was appended is elsewhere': withServer((server) => ({
    async append(...args) {
      const answer = await server.append(...args)
      return { ...answer, tail: answer.tail + 1 }
    },
  })),
  'gives readers the newest first': withServer((server) => ({
    async read(path, after) {
      const read = await server.read(path, after)
      return { ...read, pieces: read.pieces.toReversed() }
    },
  })),
  'takes what a producer sends again for more': withServer((server) => ({
    append: (path, { text, close }) => server.append(path, { text, close }),
  })),
  'begins forks with nothing': withServer((server) => ({ create: (path, { text }) => server.create(path, { text }) })),
  'takes for handled what nobody was given': {
    around(given) {
      let calls = 0
      return {
        ...given,
        async call(url, body) {
          calls += 1
          return calls % 2 === 0 ? { status: 200, body: '{"done":true}' } : given.call(url, body)
        },
      }
    },
  },
  'forgets what was acknowledged when it stops': withStore((store) => ({
    append: (key, seq, batch) =>
      store.append(key, seq, {
        ...batch,
        events: batch.events.map((event) => event.replace(/"acks":\[[^\]]*\]/, '"acks":[]')),
      }),
  })),
  'lets whoever held an earlier wake acknowledge': withServer((server) => ({
    acknowledge: (...args) =>
      server.acknowledge(...args).catch((thrown: unknown) => {
        if (HeadraceError.from(thrown).code !== 'fenced') throw thrown
      }),
  })),
  'does not look for subscriptions when it starts': withStore((store) => ({
    list: async (query) => (query.tenant.endsWith('~sub') ? { rows: [] } : store.list(query)),
  })),
  'has a defect': withStore((store) => {
    let looks = 0
    return {
      async head(key) {
        looks += 1
        if (looks % 5 === 0) throw new Error('Nobody thought of this.')
        return store.head(key)
      },
    }
  }),
  'leaves its timers when it is closed': withServer(() => ({ close: () => Promise.resolve() })),
}

export const streamMutants = Object.entries(broken).map(([name, breakIt]) => ({
  name,
  subject: simulatedStreams(breakIt),
}))
