// A page that React renders on the server, sessions, and an agent that needs no key, in one process.
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import react from '@vitejs/plugin-react'
import { createServer as createVite, defaultClientConditions, defaultServerConditions } from 'vite'
import { connect } from '@headrace/client'
import { createWorker } from '@headrace/client/agent'
import { createHeadrace, createSecretAuth, isLoopbackHost } from '@headrace/server'
import { createMemoryStore } from '@headrace/server/store/memory'
import type { render } from './src/entry-server.tsx'

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
  cacheDir: join(import.meta.dirname, '../../node_modules/.vite/ssr-chat'),
  plugins: [react()],
  appType: 'custom',
  resolve: { conditions: ['@headrace/source', ...defaultClientConditions] },
  ssr: { noExternal: [/^@headrace\//], resolve: { conditions: ['@headrace/source', ...defaultServerConditions] } },
  server: { middlewareMode: true, hmr: { server } },
})

/** What the visitor may do. Your application knows who that is. */
function visitorToken(): Promise<string> {
  return auth.mint({ sub: 'visitor', cap: [{ s: 'chat/*', op: ['read', 'send', 'control', 'answer'] }] }, 600)
}

interface Entry {
  readonly render: typeof render
}

/** The page of a session as it is now, and what it was rendered with. */
async function page(session: string): Promise<string> {
  const client = connect({ url: address(), token: visitorToken })
  try {
    await client.session(session).create()
    const views = { [session]: await client.view(session) }
    const entry = (await vite.ssrLoadModule('/src/entry-server.tsx')) as Entry // that is the file
    const template = await vite.transformIndexHtml('/', await readFile(join(import.meta.dirname, 'index.html'), 'utf8'))
    const begin = JSON.stringify({ session, views }).replaceAll('<', '\\u003c')
    return template
      .replace('<!--page-->', () => entry.render(client, session, views))
      .replace('<!--begin-->', () => `<script type="application/json" id="begin">${begin}</script>`)
  } finally {
    await client.close()
  }
}

function isLocal({ headers }: IncomingMessage): boolean {
  return isLoopbackHost(headers.host?.replace(/:\d+$/, '') ?? '')
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
  const { url = '/' } = request
  if (url.startsWith('/v1/')) return headrace.handler(request, response)
  if (!isLocal(request)) return response.writeHead(403).end()
  if (url === '/') return response.writeHead(302, { Location: `/chat/${crypto.randomUUID()}` }).end()
  if (url === '/token') return response.setHeader('Cache-Control', 'no-store').end(await visitorToken())
  if (/^\/chat\/[\w-]+$/.test(url)) {
    return response.setHeader('Content-Type', 'text/html; charset=utf-8').end(await page(url.slice(1)))
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
process.stdout.write(`${address()}\n`)

function address(): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
