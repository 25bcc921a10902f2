import { createMemoryStore } from '@headrace/server/store/memory'
import { createVirtualServer, type VirtualServerOptions } from '@headrace/server/virtual'
import type { ServerSurroundings, SimulatedServer, Subject } from '@headrace/testing/simulator'

/** What a mutant may put into a server. */
export type Broken = Partial<Pick<VirtualServerOptions, 'store' | 'rules' | 'through' | 'tell'>>

/** Our server with our client. `breakIt`: for mutants. */
export function headrace(breakIt: (around: ServerSurroundings) => Broken = () => ({})): Subject {
  return { createStore: createMemoryStore, startServer: (around) => start({ ...around, ...breakIt(around) }) }
}

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
      view: (key, reader, atLeast) => hub.view(key, reader, atLeast),
      messages: (key, reader, page) => hub.messages(key, reader, page),
      claim: (agent, worker, grant, leaseMs) =>
        hub.claim(agent, worker, grant, { leaseMs, waitMs: 1_000, signal: new AbortController().signal }),
    },
    close: () => server.close(),
  }
}
