import { visibleView } from '@headrace/core'
import { createMemoryStore } from '@headrace/server/store/memory'
import { createVirtualServer, type VirtualServerOptions } from '@headrace/server/virtual'
import type { ServerSurroundings, SimulatedServer, Subject } from '@headrace/testing/simulator'

/** What a mutant may put into a server. */
export type Broken = Partial<Pick<VirtualServerOptions, 'store' | 'rules' | 'through' | 'tell'>>

/** Our server with our client. `breakIt`: for mutants. */
export function headrace(breakIt: (around: ServerSurroundings) => Broken = () => ({})): Subject {
  return { createStore: createMemoryStore, startServer: (around) => start({ ...around, ...breakIt(around) }) }
}

const page = { maxEvents: 1_000, maxChars: 1_000_000 }

function start(options: VirtualServerOptions): SimulatedServer {
  const server = createVirtualServer(options)
  const { hub } = server
  return {
    accept(socket) {
      const both: unknown = socket // as much as a server uses of a WebSocket and of the stream under it
      type Both = Parameters<typeof server.accept>
      server.accept(both as Both[0], both as Both[1])
    },
    http: {
      submit: (key, command) => hub.submit(key, command),
      view: (key, reader) => hub.view(key, reader),
      messages: (key, reader, page) => hub.messages(key, reader, page),
      events: async (key, reader, after) => (await hub.events(key, reader, { after, sparse: true, ...page })).events,
      viewAt: async (key, reader, seq) => visibleView(await hub.history.viewAt(key, { seq }), reader),
      fork: (key, grant, copy) => hub.history.fork(key, grant, copy),
      async export(key, reader) {
        const lines: string[] = []
        for await (const some of await hub.history.export(key, reader)) lines.push(...some)
        return lines
      },
      search: async (grant, query) => (await hub.history.search(grant, { query, limit: 100 })).hits,
      compact: (key) => hub.history.compact(key, Number.MAX_SAFE_INTEGER),
      claim: (agent, worker, grant, leaseMs) =>
        hub.claim(agent, worker, grant, { leaseMs, waitMs: 1_000, signal: new AbortController().signal }),
    },
    close: () => server.close(),
  }
}
