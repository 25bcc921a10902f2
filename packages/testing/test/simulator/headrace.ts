import { Buffer } from 'node:buffer'
import { visibleView } from '@headrace/core'
import { createMemoryStore } from '@headrace/server/store/memory'
import { createVirtualServer, type Outgoing, type VirtualServerOptions } from '@headrace/server/virtual'
import type { ServerSurroundings, SimulatedServer, Subject } from '@headrace/testing/simulator'

/** What a mutant may put into a server. */
export type Broken = Partial<Pick<VirtualServerOptions, 'store' | 'rules' | 'through' | 'tell'>> &
  Pick<ServerSurroundings, 'call'>

/** Our server with our client. `breakIt`: for mutants. */
export function headrace(breakIt: (around: ServerSurroundings) => Broken = () => ({})): Subject {
  return { createStore: createMemoryStore, startServer: (around) => start({ ...around, ...breakIt(around) }) }
}

const page = { maxEvents: 1_000, maxChars: 1_000_000 }

type Surroundings = VirtualServerOptions & Pick<ServerSurroundings, 'call' | 'called'>

/** Nobody checks in a simulation what is signed with it. */
const secret = `whsec_${Buffer.alloc(32).toString('base64')}`

function start({ call, called, ...options }: Surroundings): SimulatedServer {
  const agents = [{ agent: 'hook', url: 'http://hook', secrets: [secret], tenant: 'sim', ...called }]
  const server = createVirtualServer({ ...options, ...(call && { webhooks: { agents, post: postBy(call) } }) })
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

function postBy(call: NonNullable<ServerSurroundings['call']>): Outgoing['post'] {
  return async (_url, body) => {
    const status = await call(String(body))
    if (status === undefined) return { outcome: 'failed', message: 'No answer came.' }
    return { outcome: 'answered', status, headers: {}, body: Buffer.alloc(0), isCut: false }
  }
}
