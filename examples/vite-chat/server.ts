// A page of Vite and React, a session server, and an agent that needs no key, in one process.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import react from '@vitejs/plugin-react'
import { createServer as createVite, defaultClientConditions } from 'vite'
import { createWorker } from '@headrace/client/agent'
import { createHeadrace, createSecretAuth, isLoopbackHost } from '@headrace/server'
import { createMemoryStore } from '@headrace/server/store/memory'

// A secret of your own and the embedded store keep sessions and logins across restarts.
const auth = createSecretAuth(crypto.randomUUID() + crypto.randomUUID())
const headrace = createHeadrace({ store: createMemoryStore(), auth })

/** Any stream of text: put the tokens of your model here. */
async function* answer(words: string): AsyncGenerator<string> {
  for (const word of `You said: ${words}`.split(/(?<= )/)) {
    yield word
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
}

createWorker({
  url: 'http://localhost',
  WebSocket: headrace.WebSocket,
  token: () => headrace.tokenFor('assistant'),
  agent: 'assistant',
  async handler(run) {
    const words = run.input.parts.map((part) => (part.kind === 'text' ? part.text : '')).join('')
    await run.pipe(answer(words))
  },
})

const server = createServer()
const vite = await createVite({
  root: import.meta.dirname,
  configFile: false,
  cacheDir: join(import.meta.dirname, '../../node_modules/.vite/vite-chat'),
  plugins: [react()],
  resolve: { conditions: ['@headrace/source', ...defaultClientConditions] },
  server: { middlewareMode: true, hmr: { server } },
})

async function serve(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
  if (request.url?.startsWith('/v1/')) return headrace.handler(request, response)
  // Your application knows who its visitor is; it tells the session server with a token that does not last.
  if (request.url === '/token' && isLoopbackHost(request.headers.host?.replace(/:\d+$/, '') ?? '')) {
    const cap = [{ s: 'chat/*', op: ['read', 'send', 'control', 'answer'] as const }]
    response.setHeader('Cache-Control', 'no-store')
    return response.end(await auth.mint({ sub: 'visitor', cap }, 600))
  }
  return vite.middlewares(request, response)
}

server.on('request', (request, response) => {
  serve(request, response).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`)
    response.destroy()
  })
})
server.on('upgrade', (request, socket, head) => {
  if (request.url?.startsWith('/v1/')) headrace.upgrade(request, socket, head)
})
server.listen(Number(process.env['PORT'] ?? 5173), '127.0.0.1')
await once(server, 'listening').catch((error: unknown) => {
  process.stderr.write(`${String(error)}. PORT chooses another port, for example PORT=5174.\n`)
  process.exit(1)
})
process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`)
