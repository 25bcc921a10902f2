import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { findChromium, launch } from './support/browser.ts'
import { headrace, lines } from './support/server.ts'

interface DemoLine {
  readonly links: { readonly operator: string; readonly colleague: string }
}

/**
 * The demo as `npm start` runs it, on a free port and in a folder of its own. Its agents speak at half their speed: what is
 * done in the middle of an answer must not come after its end on a busy machine.
 */
async function startDemo(): Promise<{ readonly links: DemoLine['links']; stop(): Promise<void> }> {
  const data = await mkdtemp(join(tmpdir(), 'headrace-demo-'))
  const args = ['--port', '0', '--json', '--scripted', '--speed', '0.5', '--data', data]
  const child: ChildProcess = headrace(['demo', ...args])
  const ready = await lines(child).next()
  if (ready.done) throw new Error('the demo did not start')
  return {
    links: (JSON.parse(ready.value) as DemoLine).links, // printed by the command under test
    async stop() {
      const ended = once(child, 'exit')
      child.kill()
      await ended
      await rm(data, { recursive: true, force: true })
    },
  }
}

/** All that a page shows of the conversation: each message and answer with its words. */
function conversation(page: Page): Promise<readonly string[]> {
  return page.getByRole('log', { name: 'Conversation' }).getByRole('article').allInnerTexts()
}

/** The answers of an agent that are in a state. */
function answers(page: Page, agent: string, state: string): ReturnType<Page['locator']> {
  return page.locator(`[data-testid="answer"][data-agent="${agent}"][data-state="${state}"]`)
}

function answer(page: Page, agent: string, state: string): ReturnType<Page['locator']> {
  return answers(page, agent, state).last()
}

/** What the page's own counters say: nothing lost, nothing doubled. */
async function expectWhole(page: Page): Promise<void> {
  for (const counter of ['dev-lost', 'dev-doubled']) {
    expect(await page.getByTestId(counter).getAttribute('data-value')).toBe('0')
  }
}

const chromium = findChromium()
const missing = 'missing' in chromium ? chromium.missing : undefined
if (missing !== undefined && process.env['CI']) throw new Error(missing)

test('S2 S3 C3 C4 R6 P1: the demo, as a person goes through it in Chromium', { timeout: 600_000 }, async (context) => {
  if (!('path' in chromium)) return context.skip(chromium.missing)
  const demo = await startDemo()
  const browser = await launch(chromium.path)
  try {
    // Two tabs of hers are at it all the time, and what moves is drawn sixty times a second. Grace has everything.
    const ada = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' })
    ada.setDefaultTimeout(60_000)
    const complaints: string[] = []
    ada.on('weberror', (error) => complaints.push(error.error().message))
    const open = async (link: string, as = ada): Promise<Page> => {
      const page = await as.newPage()
      await page.goto(link)
      await page.getByTestId('session').waitFor()
      return page
    }

    // 1. Two tabs in sync while tokens stream. The first visit finds the writer at work.
    const one = await open(demo.links.operator)
    expect(one.url()).not.toContain('token')
    await answer(one, 'writer', 'working').waitFor()
    const two = await open(demo.links.operator)
    await answer(two, 'writer', 'working').waitFor()
    const begun = await answer(one, 'writer', 'working').innerText()
    const length = async (): Promise<number> => (await answer(two, 'writer', 'working').innerText()).length
    await expect.poll(length).toBeGreaterThanOrEqual(begun.length)

    // 2. A lost connection heals by itself, in the middle of the answer.
    await one.getByRole('button', { name: 'Drop connection' }).click()
    await one.getByRole('button', { name: 'Go offline' }).click()
    await one.locator('[data-testid="connection"]:not([data-state="online"])').waitFor()
    await one.getByRole('button', { name: 'Go online' }).click()
    await one.locator('[data-testid="connection"][data-state="online"]').waitFor()
    await one.getByRole('button', { name: 'Drop connection' }).click()
    await Promise.all([one, two].map((page) => answer(page, 'writer', 'complete').waitFor()))
    await one.locator('[data-testid="connection"][data-state="online"]').waitFor()
    expect(await conversation(one)).toEqual(await conversation(two))
    await Promise.all([one, two].map(expectWhole))

    // 3. Two agents in parallel on one session, each with its own stream and its own stop.
    for (const agent of ['writer', 'critic']) await one.getByRole('checkbox', { name: agent }).check()
    await one
      .getByRole('textbox', { name: 'Message' })
      .fill('What happens when an agent crashes in the middle of an answer?')
    await one.getByRole('button', { name: 'Send' }).click()
    await Promise.all(['writer', 'critic'].map((agent) => answer(two, agent, 'working').waitFor()))
    // From the other tab than the one that asked.
    await two.getByRole('button', { name: 'Stop critic' }).click()
    await Promise.all([one, two].map((page) => answer(page, 'critic', 'stopped').waitFor()))
    await answer(one, 'writer', 'working').waitFor()

    // 4. A person joins in the middle and sees everything.
    const grace = await browser.newContext({ viewport: { width: 390, height: 844 } })
    grace.setDefaultTimeout(60_000)
    const three = await open(demo.links.colleague, grace)
    await answer(three, 'writer', 'working').waitFor()
    await one.getByRole('button', { name: /^Here now:.*Grace/ }).waitFor()
    await Promise.all([one, two, three].map((page) => answers(page, 'writer', 'complete').nth(1).waitFor()))
    await three.getByRole('textbox', { name: 'Message' }).fill('I have read it all. Writer, what about a second tab?')
    await three.getByRole('button', { name: 'Send' }).click()
    await one.getByRole('article', { name: /^Message from Grace/ }).waitFor()
    await answer(one, 'writer', 'working').waitFor()
    await one.getByRole('button', { name: 'Stop writer' }).click()
    await Promise.all([one, two, three].map((page) => answer(page, 'writer', 'stopped').waitFor()))
    expect(await one.getByTestId('answer').count()).toBe(4)

    // A reload finds everything where it was: the token is kept by the tab, the session by the server.
    await one.reload()
    await answer(one, 'writer', 'stopped').waitFor()
    const [first, second, third] = await Promise.all([one, two, three].map(wordsOf))
    expect(second).toEqual(first)
    expect(third).toEqual(first)
    await expectWhole(two)
    expect(complaints).toEqual([])
  } finally {
    await browser.close()
    await demo.stop()
  }
})

/** The words of each answer, without what differs between readers, such as "you". */
async function wordsOf(page: Page): Promise<readonly string[]> {
  const answers = await page.getByTestId('answer').all()
  return Promise.all(answers.map(async (each) => (await each.locator('.markdown').allInnerTexts()).join('\n')))
}
