/**
 * A server with one deliberate fault, started as `headrace serve` is: serve.ts MUTANT --port N --data DIR --json [--host H].
 *
 * What connections see is the server without the machine in it, with the fault put between; what is read over HTTP
 * afterwards comes from the same store without the fault, as from a second server.
 */
import { createServer } from 'node:http'
import { parseArgs } from 'node:util'
import { WebSocketServer } from 'ws'
import { subprotocol, verbs } from '@headrace/core'
import { createHeadrace, createLocalAuth, createSecretAuth, httpServerOptions, systemClock } from '@headrace/server'
import { openEmbeddedStore } from '@headrace/server/store/embedded'
import { createVirtualServer } from '@headrace/server/virtual'
import { faultOf } from './fault-of.ts'
import { mutantNames } from './mutant-name.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '0' },
    data: { type: 'string', default: '' },
    json: { type: 'boolean' },
  },
})
const name = mutantNames.find((mutant) => mutant === positionals[0])
if (name === undefined) throw new Error(`There is no mutant ${positionals[0]}.`)

const onError = (): void => undefined
const store = await openEmbeddedStore({ directory: values.data, onError })
const secret = process.env['HEADRACE_AUTH_SECRET']
const auth = secret === undefined ? await createLocalAuth(values.data) : createSecretAuth(secret)
const { store: brokenStore, ...broken } = faultOf(name, store)
const virtual = createVirtualServer({
  node: `mutant-${process.pid}`,
  store: brokenStore ?? store,
  clock: systemClock,
  soon: (run) => void setImmediate(run),
  verify: (token) => auth.verify(token),
  onError,
  ...broken,
})
const headrace = createHeadrace({
  store: { ...store, capabilities: { ...store.capabilities, shared: true } },
  auth,
  loopbackOnly: secret === undefined,
  onError,
})
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, handleProtocols: () => subprotocol })
const server = createServer(httpServerOptions, headrace.handler)
server.on('upgrade', (request, socket, head) =>
  sockets.handleUpgrade(request, socket, head, (ws) => virtual.accept(ws, socket)),
)
server.listen(Number(values.port), values.host, () => {
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const claims = { sub: 'local', kind: 'operator', cap: [{ s: '**', op: [...verbs] }], agents: ['*'] } as const
  void auth.mint({ ...claims, cap: [...claims.cap] }, 86_400).then((token) => {
    process.stdout.write(
      `${JSON.stringify({ ready: true, url: `http://${values.host}:${port}`, token, pid: process.pid })}\n`,
    )
  })
})
