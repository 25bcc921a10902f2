/**
 * What agents ask of people, in real tabs of real Chromium: one answer counts however many devices give one at the same
 * moment, and a tool that clients run is run once.
 */
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { connect } from '@headrace/client'
import { createWorker, type AgentRun } from '@headrace/client/agent'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { findChromium, launch } from './support/browser.ts'
import { ServerProcess } from './support/server.ts'

const chromium = findChromium()
const missing = 'missing' in chromium ? chromium.missing : undefined
if (missing !== undefined && process.env['CI']) throw new Error(missing)

const session = 'race/1'
const rounds = 200

interface Stage {
  readonly server: ServerProcess
  readonly browser: Browser
  /** What the one run of the session does, and when it is done. */
  work(handler: (run: AgentRun) => Promise<void>): Promise<void>
  tokenOf(sub: string): Promise<string>
  [Symbol.asyncDispose](): Promise<void>
}

async function open(path: string, args: readonly string[] = []): Promise<Stage> {
  const server = await ServerProcess.start(args)
  const browser = await launch(path)
  const { url, token } = server
  await server.fetch('/v1/sessions', { method: 'POST', body: JSON.stringify({ id: session }) })
  return {
    server,
    browser,
    async work(handler) {
      const done = Promise.withResolvers<void>()
      const worker = createWorker({
        url,
        token,
        agent: 'assistant',
        handler: (run) => handler(run).then(done.resolve, done.reject),
      })
      const client = connect({ url, token })
      try {
        await client.session(session).send('begin')
        await done.promise
      } finally {
        await client.close()
        await worker.close()
      }
    },
    async tokenOf(sub) {
      const claims = { sub, name: sub, cap: [{ s: '**', op: ['read', 'answer'] }] }
      const answer = await server.fetch('/v1/tokens', { method: 'POST', body: JSON.stringify(claims) })
      return ((await answer.json()) as { token: string }).token // the shape that PROTOCOL.md gives
    },
    async [Symbol.asyncDispose]() {
      await browser.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

/** Holds the answers of all tabs back until each has given one, and lets them go together. */
class StartingLine {
  readonly #tabs: number
  #waiting: (() => void)[] = []

  constructor(tabs: number) {
    this.#tabs = tabs
  }

  async join(context: BrowserContext): Promise<void> {
    await context.routeWebSocket(/\/v1\/connect$/, (ws) => {
      const server = ws.connectToServer()
      ws.onMessage((message) => {
        if (message.includes('"type":"answer"')) this.#hold(() => server.send(message))
        else server.send(message)
      })
    })
  }

  #hold(send: () => void): void {
    this.#waiting.push(send)
    if (this.#waiting.length < this.#tabs) return
    // Who is first changes from round to round.
    const all = this.#waiting.length % 2 === Math.round(Math.random()) ? this.#waiting : this.#waiting.toReversed()
    this.#waiting = []
    for (const go of all) go()
  }
}

test(
  'C7: two tabs answer one approval at the same moment, 200 times: one wins, the other says who',
  { timeout: 600_000 },
  async (context) => {
    if (!('path' in chromium)) return context.skip(chromium.missing)
    await using stage = await open(chromium.path)
    const line = new StartingLine(2)
    const people = ['ada', 'bob'] as const
    const tabs = await Promise.all(
      people.map(async (sub): Promise<Page> => {
        // What moves while a run is under way would be drawn sixty times a second, in both.
        const tab = await stage.browser.newContext({ reducedMotion: 'reduce' })
        await line.join(tab)
        const page = await tab.newPage()
        await page.goto(`${stage.server.url}/#token=${await stage.tokenOf(sub)}`)
        await page.goto(`${stage.server.url}/#/s/${encodeURIComponent(session)}`)
        return page
      }),
    )
    const words = ['Approve', 'Deny'] as const
    const wins = { ada: 0, bob: 0 }
    await stage.work(async (run) => {
      for (let round = 1; round <= rounds; round += 1) {
        const decided = run.approve({ round }, { key: `q${round}`, title: `Round ${round}?` })
        const id = `${run.id}.q${round}`
        const cards = tabs.map((page) => page.locator(`[data-testid=request][data-request="${id}"]`))
        await Promise.all(cards.map((card, tab) => card.getByRole('button', { name: words[tab]! }).click()))
        const approved = await decided
        const [winner, loser] = approved ? [0, 1] : [1, 0]
        wins[people[winner]!] += 1
        const lost = tabs[loser]!.locator(`[data-testid=request-lost][data-request="${id}"]`)
        await lost.getByText(`Round ${round}? — ${people[winner]} answered first.`).waitFor()
        await lost.getByRole('button', { name: 'Got it' }).click()
        expect(await tabs[winner]!.getByTestId('request-lost').count()).toBe(0)
      }
    })
    const log = await stage.server.log(session)
    const answered = log.filter((event) => event.type === 'request.answered').map((event) => event.data['id'])
    expect([answered.length, new Set(answered).size]).toEqual([rounds, rounds])
    expect(wins.ada + wins.bob).toBe(rounds)
    expect(Math.min(wins.ada, wins.bob), 'both win now and then').toBeGreaterThan(0)
  },
)

test('C7: a client tool with three tabs open runs exactly once', async (context) => {
  if (!('path' in chromium)) return context.skip(chromium.missing)
  await using page = await servePage()
  await using stage = await open(chromium.path, ['--cors', page.url])
  const token = await stage.tokenOf('ada')
  const tabs = await Promise.all(
    Array.from({ length: 3 }, async () => {
      const tab = await (await stage.browser.newContext()).newPage()
      await tab.goto(`${page.url}/#${new URLSearchParams({ url: stage.server.url, token, session })}`)
      return tab
    }),
  )
  const outputs: unknown[] = []
  await stage.work(async (run) => {
    await Promise.all(tabs.map((tab) => tab.locator('[data-live=true]').waitFor({ state: 'attached' })))
    for (let round = 1; round <= 50; round += 1) {
      outputs.push(await run.clientTool('locate', { round }, { key: `t${round}` }))
    }
  })
  expect(outputs).toEqual(Array.from({ length: 50 }, (_, index) => ({ output: { round: index + 1 } })))
  const ran = await Promise.all(
    tabs.map((tab) => tab.evaluate(() => (globalThis as unknown as { ran: number[] }).ran)), // set by the page
  )
  expect(ran.flat().toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1))
})

/** A page that offers a tool, made of the built client as an application would import it. */
async function servePage(): Promise<{ readonly url: string } & AsyncDisposable> {
  const packages = join(import.meta.dirname, '../packages')
  const html = `<!doctype html><title>Tools</title>
<script type="importmap">{"imports":{"@headrace/core":"/core/dist/index.js","@headrace/formats":"/formats/dist/index.js","@headrace/client":"/client/dist/index.js"}}</script>
<script type="module">
  import { connect } from '@headrace/client'
  const { url, token, session: id } = Object.fromEntries(new URLSearchParams(location.hash.slice(1)))
  globalThis.ran = []
  const session = connect({ url, token }).session(id)
  session.clientTools({ locate: async ({ round }) => (ran.push(round), { round }) })
  session.subscribe(() => (document.documentElement.dataset.live = session.getSnapshot().status === 'live'))
</script>`
  const server: Server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://x').pathname
    if (!/^\/(core|formats|client)\/dist\/[\w./-]+\.js$/.test(path) || path.includes('..')) {
      response.setHeader('content-type', 'text/html').end(html)
      return
    }
    readFile(join(packages, path)).then(
      (file) => response.setHeader('content-type', 'text/javascript').end(file),
      () => response.writeHead(404).end(),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // a TCP server that listens has one
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
