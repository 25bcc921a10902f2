/** A session's page while things happen in the session, in a real browser. */
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test, type TestContext } from 'vitest'
import { partsOf } from './fixture/page-parts.ts'
import { finding } from './fixture/prose.ts'
import { Room } from './fixture/room.ts'
import { ada, grace } from './fixture/scenes.ts'
import { newestRun, RunScript } from './fixture/script.ts'
import { noBrowser, phone, Stage } from './fixture/stage.ts'

let stage: Stage
beforeAll(async () => {
  if (noBrowser === undefined) stage = await Stage.set()
})
afterEach(() => expect(stage?.complaints.splice(0) ?? []).toEqual([]))
afterAll(() => stage?.strike())

function needBrowser(context: TestContext): void {
  if (noBrowser !== undefined) context.skip(noBrowser)
}

let rooms = 0
/** A session in which somebody has asked both agents. */
function begin(question = 'What happened?', agents = ['writer']): Room {
  rooms += 1
  const room = stage.server.add(new Room(`live/${rooms}`))
  room.must(ada, {
    type: 'create',
    metadata: { title: 'Live', demo: true, agents: ['writer', 'critic'] },
    agent: 'writer',
  })
  const [first, ...others] = agents
  if (first === undefined) return room
  room.must(ada, { type: 'send', parts: [{ kind: 'text', text: question }], agent: first })
  const input = room.state.view.messages.at(-1)?.id ?? ''
  for (const agent of others) room.must(ada, { type: 'regenerate', input, agent })
  return room
}

function pieces(text: string, length = 9): readonly string[] {
  return Array.from({ length: Math.ceil(text.length / length) }, (_, index) =>
    text.slice(index * length, (index + 1) * length),
  )
}

/** Lets the page draw what has come. */
const drawn = (page: Page): Promise<unknown> =>
  page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))

test('text streams in as it arrives, and nothing on the page moves', async (context) => {
  needBrowser(context)
  const room = begin()
  const page = await stage.open(room)
  const { answer, answerIn } = partsOf(page)
  await page.evaluate(() => {
    const moved: string[] = []
    Object.assign(globalThis, { moved })
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const sources = 'sources' in entry ? (entry.sources as readonly { readonly node: Node | null }[]) : []
        for (const { node } of sources) {
          const element = node instanceof Element ? node : node?.parentElement
          // The mark where text arrives has no node. A table's columns may widen, and a button may come beside another.
          if (element && !element.closest('table, .composer-buttons')) moved.push(element.outerHTML.slice(0, 200))
        }
      }
    }).observe({ type: 'layout-shift' })
  })
  const run = new RunScript(room, newestRun(room, 'writer')).claim()
  await answerIn('writer', 'working').waitFor()
  expect(await page.title()).toBe('Working · Live · Headrace')
  const part = run.open({ kind: 'text' })
  for (const [index, piece] of pieces(finding, 24).entries()) {
    run.delta(part, piece)
    if (index % 4 === 0) await drawn(page)
  }
  await page.getByText('I would roll forward with the cache restored').waitFor()
  run.end()
  await answerIn('writer', 'complete').waitFor()
  await drawn(page)
  expect(await answer('writer').locator('table tbody tr').count()).toBe(3)
  expect(await page.evaluate<string[]>('moved')).toEqual([])
  expect(await page.title()).toBe('Live · Headrace')
})

test('S3: a connection that is lost heals, with nothing lost or doubled', async (context) => {
  needBrowser(context)
  const room = begin()
  const page = await stage.open(room)
  const { answerIn, fact, online } = partsOf(page)
  const run = new RunScript(room, newestRun(room, 'writer')).claim()
  const words = Array.from({ length: 300 }, (_, index) => `w${index} `)
  const part = run.open({ kind: 'text' })
  const write = (from: number, to: number): void => words.slice(from, to).forEach((word) => void run.delta(part, word))
  write(0, 100)
  await page.getByText('w99').waitFor()
  await page.getByRole('button', { name: 'Drop connection' }).click()
  write(100, 200)
  await page.getByRole('button', { name: 'Go offline' }).click()
  await page.locator('[data-testid=connection][data-state=offline]').waitFor()
  write(200, 300)
  run.end()
  await page.getByRole('button', { name: 'Go online' }).click()
  await online.waitFor()
  await answerIn('writer', 'complete').waitFor()
  expect(await answerIn('writer', 'complete').locator('[data-kind=text]').innerText()).toBe(words.join('').trim())
  expect(await fact('lost')).toBe(0)
  expect(await fact('doubled')).toBe(0)
  expect(await fact('received')).toBeGreaterThan(300)
  // That it was read is an event too.
  await expect.poll(async () => (await fact('seq')) === room.state.view.seq).toBe(true)
})

test('R6 C3: two agents answer side by side, each with a stop of its own', async (context) => {
  needBrowser(context)
  const room = begin('Both of you?', ['writer', 'critic'])
  const page = await stage.open(room)
  const { answer, answerIn } = partsOf(page)
  const [writer, critic] = ['writer', 'critic'].map((agent) => new RunScript(room, newestRun(room, agent)).claim())
  writer?.delta(writer.open({ kind: 'text' }), 'One side.')
  critic?.delta(critic.open({ kind: 'text' }), 'The other side.')
  await page.getByText('The other side.').waitFor()
  const [left, right] = [await answer('writer').boundingBox(), await answer('critic').boundingBox()]
  expect(left!.y).toBe(right!.y)
  expect(right!.x).toBeGreaterThan(left!.x + left!.width)
  await page.getByRole('button', { name: 'Stop critic' }).click()
  await answerIn('critic', 'stopping').waitFor()
  critic?.end('cancelled')
  await answerIn('critic', 'stopped').getByText('Stopped here by you.').waitFor()
  expect(await answer('writer').getAttribute('data-state')).toBe('working')
  await page.setViewportSize(phone)
  await page.getByRole('link', { name: 'All sessions' }).waitFor()
  const [above, below] = [await answer('writer').boundingBox(), await answer('critic').boundingBox()]
  expect(below!.y).toBeGreaterThan(above!.y + above!.height)
})

test('S2 P1: a person who joins in the middle sees everything, and is seen', async (context) => {
  needBrowser(context)
  const room = begin()
  const first = await stage.open(room)
  const run = new RunScript(room, newestRun(room, 'writer')).claim()
  const part = run.open({ kind: 'text' })
  run.delta(part, 'The first half, ')
  await first.getByText('The first half,').waitFor()
  const second = await stage.open(room, { as: 'grace', viewport: phone })
  await second.getByText('The first half,').waitFor()
  await first.getByRole('button', { name: 'Here now: Ada Lovelace and Grace Hopper' }).waitFor()
  run.delta(part, 'and the second.').end()
  for (const page of [first, second])
    await page.getByTestId('answer').getByText('The first half, and the second.').waitFor()
  await second.context().close()
  await first.getByRole('button', { name: 'Here now: Ada Lovelace', exact: true }).waitFor()
})

test('C1: one message can ask several agents, by choice or by mention', async (context) => {
  needBrowser(context)
  const room = begin('', [])
  const page = await stage.open(room)
  const { answerIn, message, send } = partsOf(page)
  await page.getByRole('checkbox', { name: 'critic' }).check()
  await message.fill('First line')
  await message.press('Shift+Enter')
  await message.pressSequentially('second line')
  await message.press('Enter')
  await answerIn('critic', 'waiting').waitFor()
  await answerIn('writer', 'waiting').waitFor()
  expect(await page.getByTestId('turn').count()).toBe(1)
  expect(await page.getByTestId('message').locator('[data-kind=text]').innerText()).toBe('First line\nsecond line')

  await page.getByRole('checkbox', { name: 'critic' }).uncheck()
  await page.getByRole('checkbox', { name: 'writer' }).uncheck()
  await message.fill('A note for us.')
  await page.getByRole('button', { name: 'Post' }).click()
  await page.getByTestId('message').getByText('A note for us.').waitFor()
  expect(await page.getByTestId('turn').last().getAttribute('data-answers')).toBe('0')

  await message.fill('@critic what do you think?')
  expect(await page.getByRole('checkbox', { name: 'critic' }).isChecked()).toBe(true)
  await send.click()
  await page.getByTestId('turn').nth(2).locator('[data-testid=answer][data-agent=critic]').waitFor()
  expect(room.state.view.runs.map((run) => run.agent)).toEqual(['writer', 'critic', 'critic'])
})

test('C2: the queue shows what waits, and gives it back', async (context) => {
  needBrowser(context)
  const room = begin()
  new RunScript(room, newestRun(room, 'writer')).claim()
  room.must(grace, { type: 'send', parts: [{ kind: 'text', text: 'Then this.' }], agent: 'writer' })
  const page = await stage.open(room)
  const queue = page.getByRole('region', { name: 'Queue' })
  await queue.getByText('Then this.').waitFor()
  await queue.getByRole('button', { name: 'Take back for writer: Then this.' }).click()
  await queue.waitFor({ state: 'detached' })
  await page.getByText('Stopped by you before it began.').waitFor()
})

test('C3: Esc stops everything; a window that is open comes first', async (context) => {
  needBrowser(context)
  const room = begin('Both?', ['writer', 'critic'])
  for (const agent of ['writer', 'critic']) new RunScript(room, newestRun(room, agent)).claim()
  const page = await stage.open(room)
  const { answerIn, message } = partsOf(page)
  await page.getByRole('button', { name: 'Stop all' }).waitFor()
  await page.keyboard.press('?')
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.getByTestId('people').click()
  await page.keyboard.press('Escape')
  expect(await page.getByTestId('people').getAttribute('aria-expanded')).toBe('false')
  expect(room.state.view.runs.map((run) => 'cancel' in run)).toEqual([false, false])
  await page.keyboard.press('/')
  expect(await message.evaluate((box) => box === document.activeElement)).toBe(true)
  await page.keyboard.type('n?j') // words, not orders
  expect(await message.inputValue()).toBe('n?j')
  await page.keyboard.press('Escape')
  for (const agent of ['writer', 'critic']) await answerIn(agent, 'stopping').waitFor()
})

test('what is said offline waits, and is sent once when the connection is back', async (context) => {
  needBrowser(context)
  const room = begin('', [])
  const page = await stage.open(room)
  const { message } = partsOf(page)
  await page.getByRole('button', { name: 'Go offline' }).click()
  await message.fill('Are you there?')
  await message.press('Enter')
  await page.getByTestId('pending').getByText('Waiting to be sent').waitFor()
  expect(room.state.view.messages).toEqual([])
  await page.getByRole('button', { name: 'Go online' }).click()
  await page.getByTestId('pending').waitFor({ state: 'detached' })
  await page.getByTestId('message').getByText('Are you there?').waitFor()
  expect(room.state.view.messages).toHaveLength(1)
})

test('the end is followed until the reader scrolls up, and then left alone', async (context) => {
  needBrowser(context)
  const room = begin()
  const run = new RunScript(room, newestRun(room, 'writer')).claim()
  const part = run.open({ kind: 'text' })
  for (let line = 1; line <= 60; line += 1) run.delta(part, `Line ${line}.\n\n`)
  const page = await stage.open(room)
  const { log } = partsOf(page)
  const left = (): Promise<number> => log.evaluate((box) => box.scrollHeight - box.clientHeight - box.scrollTop)
  await page.getByText('Line 60.').waitFor()
  await expect.poll(left).toBeLessThan(2)
  run.delta(part, 'Line 61.\n\nLine 62.\n\n')
  await page.getByText('Line 62.').waitFor()
  await expect.poll(left).toBeLessThan(2)

  await log.hover()
  await page.mouse.wheel(0, -600)
  const latest = page.getByRole('button', { name: 'Jump to the latest' })
  await latest.waitFor()
  await drawn(page)
  const top = await log.evaluate((box) => box.scrollTop)
  for (let line = 63; line <= 90; line += 1) run.delta(part, `Line ${line}.\n\n`)
  await page.getByText('Line 90.').waitFor()
  await drawn(page)
  expect(await log.evaluate((box) => box.scrollTop)).toBe(top)
  await latest.click()
  await expect.poll(left).toBeLessThan(2)
  await latest.waitFor({ state: 'detached' })
})

test('S2a: older messages come by page before the reader gets there, and what is read stays in place', async (context) => {
  needBrowser(context)
  const room = begin('', [])
  for (let index = 1; index <= 130; index += 1)
    room.must(grace, { type: 'post', parts: [{ kind: 'text', text: `Note ${index}.` }] })
  const page = await stage.open(room)
  const { log } = partsOf(page)
  let answer = Promise.withResolvers<'fail' | 'go on'>()
  await page.route('**/messages?*', async (route) =>
    (await answer.promise) === 'fail' ? route.abort() : route.continue(),
  )
  await log.evaluate((box) => box.scrollTo({ top: 0 }))
  await page.getByRole('button', { name: 'Loading older messages' }).waitFor()
  answer.resolve('fail')
  // It does not ask for ever: the reader does.
  const button = page.getByRole('button', { name: 'Show older messages' })
  await button.waitFor()
  expect(await button.innerText()).toBe('Show older messages (80)')
  stage.complaints.splice(0) // the browser says that the request failed
  answer = Promise.withResolvers()
  const first = page.getByTestId('turn').first()
  const [text] = /Note \d+\./.exec((await first.textContent()) ?? '') ?? []
  const anchor = page.getByTestId('turn').filter({ hasText: text! })
  const before = (await anchor.boundingBox())!.y
  await button.click()
  answer.resolve('go on')
  await page.getByText('The session begins here.').waitFor({ state: 'attached' })
  await drawn(page)
  await expect.poll(async () => Math.abs((await anchor.boundingBox())!.y - before)).toBeLessThanOrEqual(1)
  await log.evaluate((box) => box.scrollTo({ top: 0 }))
  await page.getByText('Note 1.', { exact: true }).waitFor()
  await button.waitFor({ state: 'detached' })
})

test('a screen reader hears what is finished, not each token', async (context) => {
  needBrowser(context)
  const room = begin()
  const page = await stage.open(room)
  const { answerIn, log } = partsOf(page)
  const announcer = page.getByTestId('announcer')
  expect([await log.getAttribute('aria-live'), await announcer.getAttribute('aria-live')]).toEqual(['off', 'polite'])
  const run = new RunScript(room, newestRun(room, 'writer')).claim()
  const part = run.open({ kind: 'text' })
  for (const piece of pieces('All is well.')) run.delta(part, piece)
  await page.getByText('All is well.').waitFor()
  expect(await announcer.innerText()).toBe('')
  run.end()
  await answerIn('writer', 'complete').waitFor()
  expect(await announcer.textContent()).toBe('writer answered: All is well.')
  room.must(grace, { type: 'post', parts: [{ kind: 'text', text: 'Good.' }] })
  await expect.poll(() => announcer.textContent()).toBe('Grace Hopper: Good.')
})

test('A3: a hostile transcript is shown and does nothing', async (context) => {
  needBrowser(context)
  const room = begin()
  const run = new RunScript(room, newestRun(room, 'writer')).claim()
  const hostile = [
    '<script>alert(1)</script><img src=x onerror=alert(2)>',
    '[a](javascript:alert(3)) [b](data:text/html,x) [c](//evil.example) ![d](https://evil.example/pixel.png)',
    '<https://ok.example> [e](https://bank.example@evil.example)',
    '\u202Eevil\u202C zalgo: z̸̡̛͉͝a̷̢͝l̶̨͠g̸̛͜o̶̢͝',
    '\u001B[31mred\u001B[0m',
    `${'> '.repeat(400)}deep`,
    `${'x'.repeat(20_000)}`,
    '| a |\n| - |\n| <b>x</b> |',
  ].join('\n\n')
  run.part({ kind: 'text', text: hostile })
  run.part({ kind: 'source', url: 'javascript:alert(4)', title: 'Click me' })
  run.part({ kind: 'file', url: 'data:text/html,x', mediaType: 'text/html', name: '<b>file</b>' })
  run.part({ kind: 'tool', name: '<i>tool</i>', callId: 'c' }, { output: '<script>alert(5)</script>' })
  run.end()
  const asked: string[] = []
  const browser = await stage.context({ viewport: phone })
  browser.on('request', (request) => asked.push(new URL(request.url()).origin))
  const page = await browser.newPage()
  let dialogs = 0
  page.on('dialog', (dialog) => {
    dialogs += 1
    void dialog.dismiss()
  })
  await page.goto(`${stage.url}/#token=ada&session=${encodeURIComponent(room.id)}`)
  const { answerIn } = partsOf(page)
  await answerIn('writer', 'complete').waitFor()
  const links = await page
    .getByTestId('answer')
    .locator('a:not(.moment)')
    .evaluateAll((all) => all.map((each) => [each.getAttribute('href'), each.getAttribute('rel')]))
  expect(links).toEqual([
    ['https://evil.example/pixel.png', 'noopener noreferrer'],
    ['https://ok.example/', 'noopener noreferrer'],
  ])
  expect(await page.getByTestId('answer').locator('script, img, iframe, b, i').count()).toBe(0)
  expect(new Set(asked)).toEqual(new Set([stage.url]))
  expect(dialogs).toBe(0)
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(phone.width)
})
