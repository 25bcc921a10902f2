// A server as a process of its own, on an embedded store, that tells people who are away at a webhook. Prints one line of
// JSON when it is ready.
import { createServer } from 'node:http'
import { once } from 'node:events'
import { verbs } from '@headrace/core'
import { createHeadrace, createLocalAuth } from '@headrace/server'
import { openEmbeddedStore } from '@headrace/server/store/embedded'

const [directory = '', port = '0', webhook = '', secret = ''] = process.argv.slice(2)
// The store makes the directory its own first.
const store = await openEmbeddedStore({ directory })
const auth = await createLocalAuth(directory)
const headrace = createHeadrace({
  store,
  auth,
  notify: { webhooks: [{ url: webhook, secrets: [secret] }], delayMs: 1_000 },
  outgoing: { allowPrivate: [new URL(webhook).host] },
})
const server = createServer()
headrace.attach(server)
server.listen(Number(port), '127.0.0.1')
await once(server, 'listening')
const address = server.address()
const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
const claims = { sub: 'audit', kind: 'operator', cap: [{ s: '**', op: [...verbs] }], agents: ['*'] } as const
const token = await auth.mint(claims, 86_400)
process.stdout.write(`${JSON.stringify({ url, token, pid: process.pid })}\n`)
