/**
 * npm run bench -- console [--agents 5] [--rate 100] [--seconds 10] [--rounds 3] [--messages 10000]
 *
 * The page in Chromium: how long until a session is on the screen with the processor slowed down four times, and what the
 * page's main thread does while several agents stream Markdown into the session that it shows; then the same for somebody
 * who scrolls through a long session from its end to its beginning. Needs `npm run build`.
 */
import { parseArgs } from 'node:util'
import { chromium, type Page } from 'playwright-core'
import { connect } from '@headrace/client'
import { createWorker } from '@headrace/client/agent'
import { watchLongTasks } from './lib/long-tasks.ts'
import { describeMachine } from './lib/machine.ts'
import { fillSession, scrollSession, type Scrolled } from './lib/scroll-session.ts'
import { serveHeadrace } from './lib/serve-headrace.ts'
import { median } from './lib/statistics.ts'
import { digits, table } from './lib/table.ts'
import { withTempDirectory } from './lib/temp.ts'

const { values } = parseArgs({
  options: {
    agents: { type: 'string', default: '5' },
    rate: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '3' },
    messages: { type: 'string', default: '10000' },
    chromium: { type: 'string', default: process.env['CHROMIUM'] ?? '/usr/bin/chromium' },
  },
})
const agents = Array.from({ length: Number(values.agents) }, (_, index) => `lane-${index + 1}`)
const seconds = Number(values.seconds)
const everyMs = 1_000 / Number(values.rate)
const sentence = 'It reads `src/cart.ts`, finds **two** callers, and changes [one](https://example.com) of them.\n\n'

interface Round {
  readonly readyMs: number
  readonly longTasks: number
  readonly longestMs: number
  readonly busyShare: number
  readonly updatesPerSecond: number
}

await withTempDirectory(async (directory) => {
  const { cpu, cores, node } = describeMachine(directory)
  console.log(`${cpu}, ${cores} cores, Node ${node}`)
  console.log(
    `${agents.length} agents × ${values.rate} updates/s into one session, ${seconds} s, ${values.rounds} rounds`,
  )
  await using server = await serveHeadrace(directory)
  const { url, token } = JSON.parse(server.address) as { url: string; token: string }
  const browser = await chromium.launch({ executablePath: values.chromium, args: ['--no-sandbox', '--disable-gpu'] })
  const rounds: Round[] = []
  const scrolled: Scrolled[] = []
  try {
    for (let round = 0; round < Number(values.rounds); round += 1) {
      const one = await measure(await browser.newPage({ viewport: { width: 1_440, height: 900 } }), url, token, round)
      console.error(
        `  ready ${digits(one.readyMs)} ms, ${one.longTasks} tasks over 50 ms, longest ${digits(one.longestMs)} ms`,
      )
      rounds.push(one)
    }
    await fillSession(url, token, Number(values.messages))
    for (let round = 0; round < Number(values.rounds); round += 1) {
      const one = await scrollSession(await browser.newPage({ viewport: { width: 1_440, height: 900 } }), url, token)
      console.error(`  scrolled in ${digits(one.seconds)} s, longest frame ${digits(one.longestFrameMs)} ms`)
      scrolled.push(one)
    }
  } finally {
    await browser.close()
  }
  const middle = (value: (round: Round) => number): string => digits(median(rounds.map(value)))
  console.log(
    table(
      ['measure', 'median', 'most'],
      [
        [
          'ready, processor 4× slower, ms',
          middle((one) => one.readyMs),
          digits(Math.max(...rounds.map((one) => one.readyMs))),
        ],
        [
          'tasks over 50 ms while streaming',
          middle((one) => one.longTasks),
          String(Math.max(...rounds.map((one) => one.longTasks))),
        ],
        ['longest task, ms', middle((one) => one.longestMs), digits(Math.max(...rounds.map((one) => one.longestMs)))],
        [
          'main thread busy, %',
          middle((one) => one.busyShare * 100),
          digits(Math.max(...rounds.map((one) => one.busyShare * 100))),
        ],
        ['updates a second', middle((one) => one.updatesPerSecond), ''],
      ],
    ),
  )
  console.log(`\n${values.messages} messages, scrolled from the end to the beginning`)
  const line = (name: string, value: (one: Scrolled) => number): string[] => [
    name,
    digits(median(scrolled.map(value))),
    digits(Math.max(...scrolled.map(value))),
  ]
  console.log(
    table(
      ['measure', 'median', 'most'],
      [
        line('ready, processor 4× slower, ms', (one) => one.readyMs),
        line('scrolled in, s', (one) => one.seconds),
        line('99 of 100 frames under, ms', (one) => one.frameMs),
        line('longest frame, ms', (one) => one.longestFrameMs),
        line('tasks over 50 ms', (one) => one.longTasks),
        line('longest task, ms', (one) => one.longestTaskMs),
        line('elements on the page', (one) => one.nodes),
        line('memory of scripts, MB', (one) => one.heapMb),
      ],
    ),
  )
})

async function measure(page: Page, url: string, token: string, round: number): Promise<Round> {
  const id = `bench/${round}`
  const address = `${url}/#/s/${encodeURIComponent(id)}`
  const client = connect({ url, token })
  const session = client.session(id)
  await session.create()
  await session.post('The session that is measured.')

  const devTools = await page.context().newCDPSession(page)
  await page.goto(`${url}/#token=${token}`)
  await page.getByRole('main').first().waitFor()
  await devTools.send('Emulation.setCPUThrottlingRate', { rate: 4 })
  await page.goto('about:blank')
  await page.goto(address)
  await page.locator('[data-testid=session][data-status=live] [data-testid=message]').first().waitFor()
  const readyMs = await page.evaluate(() => performance.now())
  await devTools.send('Emulation.setCPUThrottlingRate', { rate: 1 })

  let sent = 0
  const until = performance.now() + seconds * 1_000
  const workers = agents.map((agent) =>
    createWorker({
      url,
      token,
      agent,
      async handler(run) {
        const words = sentence.split(/(?<= )/)
        for (let count = 0; performance.now() < until; count += 1) {
          await run.text(words[count % words.length] ?? '')
          sent += 1
          await new Promise((resolve) => setTimeout(resolve, everyMs))
        }
      },
    }),
  )
  const longTasks = await watchLongTasks(page)
  const before = await busySeconds()
  await session.send({ text: 'Work, all of you.', agents })
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, until - performance.now())))
  const busyShare = ((await busySeconds()) - before) / seconds
  await session.until(({ view }) => view.runs.length > 0 && view.runs.every(({ status }) => status === 'ended'))
  const tasks = await longTasks()
  await Promise.all(workers.map((worker) => worker.close()))
  await client.close()
  await page.close()
  return {
    readyMs,
    longTasks: tasks.length,
    longestMs: Math.max(0, ...tasks),
    busyShare,
    updatesPerSecond: sent / seconds,
  }

  async function busySeconds(): Promise<number> {
    await devTools.send('Performance.enable')
    const { metrics } = await devTools.send('Performance.getMetrics')
    return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN
  }
}
