/** A page made with `useChat`, with only the transport swapped, in real tabs of real Chromium in React's strict mode. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { build, defaultClientConditions } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { textOf } from '@headrace/core'
import type { AgentRun } from '@headrace/client/agent'
import { startFaultProxy, type FaultProxy } from '@headrace/testing'
import { findChromium, launch } from '../../../test/support/browser.ts'
import { Peers, run } from './support/peers.ts'
import { RealServer } from './support/real-server.ts'

const chromium = findChromium()
const missing = 'missing' in chromium ? chromium.missing : undefined
if (missing !== undefined && process.env['CI']) throw new Error(missing)

let server: RealServer
let peers: Peers
let browser: Browser
let pages: Server
let origin = ''
const proxies: FaultProxy[] = []
/** What pages threw. */
const complaints: string[] = []
/** What the agent waits for between its words, by what it was asked. */
const gates = new Map<string, PromiseWithResolvers<void>[]>()

beforeAll(async () => {
  if (!('path' in chromium)) return
  const built = bundle()
  pages = servePage(built)
  await once(pages, 'listening')
  origin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}` // it listens on TCP
  server = await RealServer.start([origin])
  peers = new Peers(server)
  browser = await launch(chromium.path)
  await built
  await peers.worker(work)
})
afterAll(async () => {
  await browser?.close()
  pages?.close()
  await peers?.[Symbol.asyncDispose]()
  await Promise.all(proxies.map((proxy) => proxy.close()))
  await server?.[Symbol.asyncDispose]()
})

async function bundle(): Promise<string> {
  const result = await build({
    configFile: false,
    root: import.meta.dirname,
    mode: 'development',
    logLevel: 'error',
    resolve: { conditions: ['@headrace/source', ...defaultClientConditions] },
    // Strict mode plays its effects twice in development only.
    define: { 'process.env.NODE_ENV': '"development"' },
    build: {
      write: false,
      minify: false,
      rollupOptions: { input: join(import.meta.dirname, 'use-chat-page/page.tsx') },
    },
  })
  const [first] = Array.isArray(result) ? result : [result]
  const chunk = first && 'output' in first ? first.output.find((each) => each.type === 'chunk') : undefined
  return chunk?.type === 'chunk' ? chunk.code : ''
}

function servePage(script: Promise<string>): Server {
  const html =
    '<!doctype html><meta charset="utf-8"><title>Chat</title><body><script type="module" src="/page.js"></script>'
  return createServer((request, response) => {
    if (request.url !== '/page.js') return void response.setHeader('content-type', 'text/html').end(html)
    void script.then((code) => response.setHeader('content-type', 'text/javascript').end(code))
  }).listen(0, '127.0.0.1')
}

async function work(run: AgentRun): Promise<void> {
  const asked = textOf(run.input)
  if (asked === 'refund') {
    await run.write({ type: 'tool-call', callId: 'c1', name: 'refund', input: { euros: 30 } })
    const may = await run.approve({ tool: 'refund', euros: 30 }, { key: 'c1', title: 'Refund 30 €?' })
    await run.write({ type: 'tool-result', callId: 'c1', output: may ? 'refunded' : 'kept' })
    return run.text(may ? 'Done.' : 'I did not.')
  }
  const waits = gates.get(run.session) ?? []
  for (const [index, gate] of waits.entries()) {
    await run.text(`word${index + 1} `)
    await Promise.race([gate.promise, new Promise((resolve) => run.signal.addEventListener('abort', resolve))])
    if (run.signal.aborted) return
  }
  await run.text('end.')
}

/** How the agent answers in a chat: that many words, each but the first when it is let. */
function gated(chat: string, count: number): (word: number) => void {
  const made = Array.from({ length: count }, () => Promise.withResolvers<void>())
  gates.set(chat, made)
  return (word) => made[word - 1]?.resolve()
}

interface Tab extends AsyncDisposable {
  readonly page: Page
  readonly proxy: FaultProxy
  /** Waits until the newest message has these words. */
  shows(words: string): Promise<void>
  is(status: string): Promise<void>
}

async function open(chat: string, sub = 'ada', door = 'own'): Promise<Tab> {
  const proxy = await startFaultProxy({ target: server.port })
  proxies.push(proxy)
  const context: BrowserContext = await browser.newContext({ viewport: { width: 760, height: 420 } })
  context.setDefaultTimeout(15_000)
  context.on('weberror', (error) => complaints.push(error.error().message))
  context.on('console', (message) => {
    // The browser says so of every connection that is refused.
    if (message.type() === 'error' && !message.text().startsWith('WebSocket')) complaints.push(message.text())
  })
  const page = await context.newPage()
  const token = await server.token(sub)
  const url = `http://127.0.0.1:${proxy.port}`
  await page.goto(`${origin}/#${new URLSearchParams({ url, token, chat, door })}`)
  await page.locator('main[data-connection=live]').waitFor()
  return {
    page,
    proxy,
    shows: (words) => page.locator('article').last().getByText(words, { exact: true }).waitFor(),
    is: (status) => page.locator(`main[data-status=${status}]`).waitFor(),
    [Symbol.asyncDispose]: () => context.close(),
  }
}

async function create(chat: string): Promise<void> {
  await (await peers.client()).session(chat).create()
}

async function send({ page }: Tab, text: string): Promise<void> {
  await page.getByRole('textbox').fill(text)
  await page.getByRole('button', { name: 'Send' }).click()
}

const ids = ({ page }: Tab): Promise<readonly (string | null)[]> =>
  page.locator('article').evaluateAll((all) => all.map((each) => each.getAttribute('data-id')))
const statuses = ({ page }: Tab): Promise<readonly string[]> =>
  page.evaluate(() => (globalThis as unknown as { statuses: string[] }).statuses) // set by the page

async function shot(tab: Tab, name: string): Promise<void> {
  const folder = process.env['HEADRACE_SHOTS']
  if (folder !== undefined) await tab.page.screenshot({ path: join(folder, `use-chat-${name}.png`) })
}

async function endOf(chat: string): Promise<{ readonly reason: string; readonly cancelledBy?: string }> {
  const session = (await peers.client('watcher')).session(chat)
  const ended = await run(session, ({ status }) => status === 'ended')
  if (ended.status !== 'ended') throw new Error('unreachable')
  return ended
}

test('V24 V22: two tabs in sync while an answer streams, and the other tab stops it', async (context) => {
  if (missing !== undefined) return context.skip(missing)
  await create('sync')
  const let1 = gated('sync', 3)
  await using one = await open('sync')
  await using two = await open('sync', 'bob')
  await send(one, 'tell me')
  await two.shows('word1')
  await two.is('streaming')
  let1(1)
  await Promise.all([one, two].map((tab) => tab.shows('word1 word2')))
  expect(await two.page.locator('article').allInnerTexts()).toEqual(['tell me', 'word1 word2'])
  await shot(two, 'sync')
  await two.page.getByRole('button', { name: 'Stop' }).click()
  await Promise.all([one, two].map((tab) => tab.is('ready')))
  expect(await endOf('sync')).toMatchObject({ reason: 'cancelled', cancelledBy: 'user:bob' })
  await expect.poll(() => ids(one)).toEqual(await ids(two))
})

test('V21: a tab in the foreground that loses the network heals by itself', async (context) => {
  if (missing !== undefined) return context.skip(missing)
  await create('heal')
  const let1 = gated('heal', 3)
  await using tab = await open('heal')
  await send(tab, 'count')
  await tab.shows('word1')
  tab.proxy.refuse(true)
  tab.proxy.reset()
  await tab.page.locator('main[data-connection=stale]').waitFor()
  let1(1)
  let1(2)
  await shot(tab, 'offline')
  expect(await tab.page.locator('article').last().innerText()).toBe('word1')
  tab.proxy.refuse(false)
  await tab.shows('word1 word2 word3')
  let1(3)
  await tab.shows('word1 word2 word3 end.')
  await tab.is('ready')
  expect(await statuses(tab)).toEqual(['ready', 'submitted', 'streaming', 'ready'])
  expect(await tab.page.getByRole('alert').count()).toBe(0)
})

test('V21 V22: after a reload the answer goes on, leaving the page stops nothing, and stop works', async (context) => {
  if (missing !== undefined) return context.skip(missing)
  await create('reload')
  const let1 = gated('reload', 3)
  await using tab = await open('reload')
  await send(tab, 'begin')
  await tab.shows('word1')
  await tab.page.reload()
  await tab.shows('word1')
  await tab.is('streaming')
  await tab.page.getByRole('button', { name: 'Leave' }).click()
  let1(1)
  await tab.page.getByRole('button', { name: 'Come back' }).click()
  await tab.shows('word1 word2')
  await tab.is('streaming')
  expect((await server.log('reload')).map(({ type }) => type)).not.toContain('run.cancel-requested')
  await tab.page.getByRole('button', { name: 'Stop' }).click()
  await tab.is('ready')
  expect(await endOf('reload')).toMatchObject({ reason: 'cancelled', cancelledBy: 'user:ada' })
})

test('V25: an approval is answered in the other tab, and both go on', async (context) => {
  if (missing !== undefined) return context.skip(missing)
  await create('approve')
  await using one = await open('approve')
  await using two = await open('approve', 'bob')
  await send(one, 'refund')
  await Promise.all([one, two].map((tab) => tab.page.locator('[data-state=approval-requested]').waitFor()))
  await Promise.all([one, two].map((tab) => tab.is('ready')))
  await shot(one, 'approval')
  await two.page.getByRole('button', { name: 'Approve' }).click()
  await Promise.all([one, two].map((tab) => tab.shows('Done.')))
  await Promise.all([one, two].map((tab) => tab.is('ready')))
  expect(await one.page.getByRole('button', { name: 'Approve' }).count()).toBe(0)
  const answered = (await server.log('approve')).filter(({ type }) => type === 'request.answered')
  expect(answered.map(({ actor }) => actor)).toEqual(['user:bob'])
  expect([peers.errors, complaints]).toEqual([[], []])
})

test.each(['http', 'ws'])(
  'V4 V8: the stock transport by %s in a browser: send, reload in the middle, stop',
  async (door) => {
    if (missing !== undefined) return
    const chat = `stock/${door}`
    const let1 = gated(chat, 3)
    await using tab = await open(chat, 'ada', door)
    await send(tab, 'begin')
    await tab.shows('word1')
    await tab.page.reload()
    await tab.shows('word1')
    await tab.is('streaming')
    let1(1)
    await tab.shows('word1 word2')
    await shot(tab, `stock-${door}`)
    expect(await tab.page.locator('article').allInnerTexts()).toEqual(['begin', 'word1 word2'])
    await tab.page.getByRole('button', { name: 'Stop' }).click()
    await tab.is('ready')
    if (door === 'http') {
      const authorization = `Bearer ${await server.token('ada')}`
      const path = `/v1/ai-sdk/chat/${encodeURIComponent(chat)}/stop`
      await fetch(server.url + path, { method: 'POST', headers: { authorization } })
    }
    expect(await endOf(chat)).toMatchObject({ reason: 'cancelled', cancelledBy: 'user:ada' })
    expect(await tab.page.getByRole('alert').count()).toBe(0)
  },
)
