/**
 * npm run bench -- console [--agents 5] [--rate 100] [--seconds 10] [--rounds 5] [--messages 10000] [--scrolls 3]
 *
 * The page in Chromium: how long until a session is on the screen with the processor slowed down four times, the first time
 * and again, and what the page's main thread does while several agents stream Markdown into the session that it shows; then
 * the same for somebody who scrolls through a long session from its end to its beginning: 2.2 million px, 40 s each time. All
 * of it takes four minutes. The tasks are those of Chromium's tracing. Needs `npm run build`.
 */
import { parseArgs } from 'node:util'
import { chromium, type Browser } from 'playwright-core'
import { connect } from '@headrace/client'
import { createWorker } from '@headrace/client/agent'
import { startBareBrowser, type BareBrowser } from './lib/bare-browser.ts'
import { describeMachine } from './lib/machine.ts'
import { traceMainThread, type MainThread } from './lib/main-thread.ts'
import { fillSession, scrollSession, shown, type Scrolled } from './lib/scroll-session.ts'
import { serveHeadrace } from './lib/serve-headrace.ts'
import { median } from './lib/statistics.ts'
import { digits, table } from './lib/table.ts'
import { withTempDirectory } from './lib/temp.ts'

const { values } = parseArgs({
  options: {
    agents: { type: 'string', default: '5' },
    rate: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '5' },
    messages: { type: 'string', default: '10000' },
    scrolls: { type: 'string', default: '3' },
    chromium: { type: 'string', default: process.env['CHROMIUM'] ?? '/usr/bin/chromium' },
  },
})
const agents = Array.from({ length: Number(values.agents) }, (_, index) => `lane-${index + 1}`)
const seconds = Number(values.seconds)
const everyMs = 1_000 / Number(values.rate)
const sentence = 'It reads `src/cart.ts`, finds **two** callers, and changes [one](https://example.com) of them.\n\n'

interface Ready {
  /** Script of the first view as it came over the network, kB. */
  readonly scriptKb: number
  /** With nothing kept from an earlier visit, ms. */
  readonly firstMs: number
  readonly readyMs: number
}

interface Round extends Ready {
  readonly thread: MainThread
  readonly updatesPerSecond: number
}

/** One row of a table: a value of each round. */
type Line<Of> = readonly [name: string, value: (of: Of) => number, budget?: string | undefined]

await withTempDirectory(async (directory) => {
  const { cpu, cores, node } = describeMachine(directory)
  await using server = await serveHeadrace(directory)
  const { url, token } = JSON.parse(server.address) as { url: string; token: string }
  const browser = await chromium.launch({ executablePath: values.chromium, args: ['--no-sandbox', '--disable-gpu'] })
  console.log(`${cpu}, ${cores} cores, Node ${node}, Chromium ${browser.version()}`)
  await using bare = await startBareBrowser(values.chromium, directory)
  const rounds: Round[] = []
  const scrolled: Scrolled[] = []
  try {
    // The first opens what the operating system has not read yet.
    for (let round = 0; round <= Number(values.rounds); round += 1) {
      const one = await measure({ browser, bare, url, token }, round)
      const { thread } = one
      console.error(
        `  ${round === 0 ? 'warm-up' : `round ${round}`}: ready in ${digits(one.firstMs)} ms, ${thread.longTasks} tasks over 50 ms, longest ${digits(thread.longestMs)} ms`,
      )
      if (round > 0) rounds.push(one)
    }
    console.error(`  filling a session with ${values.messages} messages`)
    await fillSession(url, token, Number(values.messages))
    for (let round = 1; round <= Number(values.scrolls); round += 1) {
      const one = await scrollSession({ browser, bare, url, token })
      console.error(
        `  round ${round}: scrolled in ${digits(one.seconds)} s, longest frame ${digits(one.longestFrameMs)} ms`,
      )
      scrolled.push(one)
    }
  } finally {
    await browser.close()
  }
  console.log(
    `\n${agents.length} agents × ${values.rate} updates/s into one session, ${seconds} s; ${rounds.length} rounds after one that is not counted`,
  )
  print(rounds, [
    ['script of the first view, kB', (one) => one.scriptKb, '200'],
    ['ready, first visit, processor 4× slower, ms', (one) => one.firstMs, '1,500'],
    ['ready, later visit, processor 4× slower, ms', (one) => one.readyMs, '1,500'],
    ...linesOf((one: Round) => one.thread, '0'),
    ['main thread busy, %', (one) => (one.thread.cpuSeconds / seconds) * 100],
    ['updates a second', (one) => one.updatesPerSecond],
  ])
  console.log(`\n${values.messages} messages, scrolled from the end to the beginning; ${scrolled.length} rounds`)
  print(scrolled, [
    ['ready, processor 4× slower, ms', (one) => one.readyMs, '1,500'],
    ['scrolled in, s', (one) => one.seconds],
    ['99 of 100 frames under, ms', (one) => one.frameMs],
    ['longest frame, ms', (one) => one.longestFrameMs],
    ...linesOf((one: Scrolled) => one.thread),
    ['elements on the page', (one) => one.nodes],
    ['memory of scripts, MB', (one) => one.heapMb],
  ])
})

function linesOf<Of>(thread: (of: Of) => MainThread, budget?: string): readonly Line<Of>[] {
  return [
    ['tasks over 50 ms', (one) => thread(one).longTasks],
    ['tasks over 50 ms of processor time', (one) => thread(one).longCpuTasks, budget],
    ['longest task, ms', (one) => thread(one).longestMs],
    ['longest task, ms of processor time', (one) => thread(one).longestCpuMs],
  ]
}

function print<Of>(all: readonly Of[], lines: readonly Line<Of>[]): void {
  const rows = lines.map(([name, value, budget = '']) => [
    name,
    digits(median(all.map(value))),
    digits(Math.max(...all.map(value))),
    budget,
  ])
  console.log(table(['measure', 'median', 'most', 'budget'], rows))
}

interface Stage {
  readonly browser: Browser
  readonly bare: BareBrowser
  readonly url: string
  readonly token: string
}

async function measureReady({ bare, url, token }: Stage, id: string): Promise<Ready> {
  const page = await bare.open({ slowdown: 4, shown })
  const firstMs = await page.visit(`${url}/#${new URLSearchParams({ token, session: id }).toString()}`)
  const scriptBytes = await page.evaluate(`performance.getEntriesByType('resource')
    .filter(({ name }) => name.endsWith('.js')).reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)`)
  const readyMs = await page.visit(`${url}/#/s/${encodeURIComponent(id)}`)
  await page.close()
  return { scriptKb: Number(scriptBytes) / 1_000, firstMs, readyMs }
}

async function measure(stage: Stage, round: number): Promise<Round> {
  const { browser, url, token } = stage
  const id = `bench/${round}`
  const client = connect({ url, token })
  const session = client.session(id)
  await session.create()
  await session.post('The session that is measured.')
  const ready = await measureReady(stage, id)

  const page = await browser.newPage({ viewport: { width: 1_440, height: 900 } })
  await page.goto(`${url}/#${new URLSearchParams({ token, session: id }).toString()}`)
  await page.locator(shown).first().waitFor()

  let sent = 0
  const until = performance.now() + seconds * 1_000
  const workers = agents.map((agent) =>
    createWorker({
      url,
      token,
      agent,
      async handler(run) {
        const words = sentence.split(/(?<= )/)
        const begun = performance.now()
        for (let count = 0; performance.now() < until; count += 1) {
          // As a model does, it does not wait until what it said is written; of a backlog it takes care itself.
          const written = run.text(words[count % words.length] ?? '')
          if (count % 100 === 99) await written
          sent += 1
          const early = begun + (count + 1) * everyMs - performance.now()
          if (early > 0) await new Promise((resolve) => setTimeout(resolve, early))
        }
      },
    }),
  )
  const stopTracing = await traceMainThread(browser)
  await session.send({ text: 'Work, all of you.', agents })
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, until - performance.now())))
  await session.until(({ view }) => view.runs.length > 0 && view.runs.every(({ status }) => status === 'ended'))
  const thread = await stopTracing()
  await Promise.all(workers.map((worker) => worker.close()))
  await client.close()
  await page.close()
  return { ...ready, thread, updatesPerSecond: sent / seconds }
}
