/**
 * A session of 10,000 messages on a real server. With HEADRACE_SHOTS=<folder> it writes pictures. It takes long because
 * each of the messages is a command that the server decides on, and the reader pages through all of them.
 */
import { textOf } from '@headrace/core'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test, type TestContext } from 'vitest'
import { everyWay } from './fixture/every-way.ts'
import { finding } from './fixture/prose.ts'
import { RealStage } from './fixture/real-stage.ts'
import { noBrowser } from './fixture/stage.ts'

const count = 10_000
let stage: RealStage
let page: Page
/** What the agent says, piece by piece. */
let say: ((words: string) => Promise<void>) | undefined

beforeAll(async () => {
  if (noBrowser !== undefined) return
  stage = await RealStage.set()
  const session = stage.client.session('long')
  await session.create({ agent: 'guide', metadata: { title: 'The long session' } })
  for (let first = 1; first <= count; first += 250) {
    const numbers = Array.from({ length: Math.min(250, count - first + 1) }, (_, index) => first + index)
    await Promise.all(numbers.map((number) => session.post(words(number))))
  }
  await stage.agent('guide', async (run) => {
    const over = Promise.withResolvers<void>()
    say = async (said) => {
      if (said === '') over.resolve()
      else await run.text(said)
    }
    await over.promise
  })
  page = await stage.open('long')
  await page.locator('[data-testid=session][data-status=live]').waitFor()
})
afterEach(() => expect(stage?.complaints.splice(0) ?? []).toEqual([]))
afterAll(() => stage?.strike())

function needBrowser(context: TestContext): void {
  if (noBrowser !== undefined) context.skip(noBrowser)
}

/** Of different heights: a line, a few lines, an answer with a table and code. */
function words(number: number): string {
  const begin = `Message ${number}.`
  if (number % 50 === 0) return `${begin}\n\n${finding}`
  return begin + ' It says this and that about the matter at hand.'.repeat(number % 9)
}

const log = () => page.getByRole('log', { name: 'Conversation' })
const nodes = (): Promise<number> => page.evaluate(() => document.querySelectorAll('*').length)
/** The numbers of the messages that are seen, from above. */
const seen = (): Promise<readonly number[]> =>
  log().evaluate((box) => {
    const { top, bottom } = box.getBoundingClientRect()
    return [...box.querySelectorAll('[data-testid=message]')]
      .filter((each) => each.getBoundingClientRect().bottom > top && each.getBoundingClientRect().top < bottom)
      .map((each) => Number(/Message (\d+)\./.exec(each.textContent ?? '')?.[1]))
  })
const drawn = (): Promise<void> =>
  page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve()))))
/** Those that are seen once the page has drawn them: they follow each other, with no gap and no hole. */
async function read(): Promise<readonly number[]> {
  let numbers: readonly number[] = []
  const isWhole = async (): Promise<boolean> => {
    await drawn()
    numbers = await seen()
    return numbers.length > 0 && numbers.every((number, index) => number === numbers[0]! + index)
  }
  await expect.poll(isWhole).toBe(true)
  return numbers
}
const scrollTo = (share: number): Promise<void> =>
  log().evaluate((box, to) => box.scrollTo({ top: (box.scrollHeight - box.clientHeight) * to }), share)

test('10,000 messages are scrolled from the end to the beginning, and few of them are on the page', async (context) => {
  needBrowser(context)
  await page.getByText(`Message ${count}.`).waitFor()
  expect((await read()).at(-1)).toBe(count)
  await log().focus()
  let most = 0
  // Page after page comes before the reader is there.
  for (let reached = count; reached > 1; most = Math.max(most, await nodes())) {
    await page.keyboard.press('Home')
    await expect.poll(async () => (await seen())[0] ?? count).toBeLessThan(reached)
    reached = (await read())[0]!
  }
  await page.getByText('The session begins here.').waitFor()
  const first = page.getByTestId('message').first()
  expect([await first.getAttribute('aria-posinset'), await first.getAttribute('aria-setsize')]).toEqual([
    '1',
    String(count),
  ])
  await scrollTo(0.5)
  const [middle = 0] = await read()
  expect(middle).toBeGreaterThan(count / 4)
  expect(middle).toBeLessThan((3 * count) / 4)
  // What is read stays where it is, while what is above it turns out to be higher or lower than it was guessed.
  await log().hover()
  for (let step = 0; step < 20; step += 1) {
    const [above = 0] = await read()
    await page.mouse.wheel(0, -300)
    await expect.poll(async () => (await seen())[0]).toBeLessThanOrEqual(above)
    most = Math.max(most, await nodes())
  }
  const [here = 0] = await read()
  expect(here).toBeLessThan(middle)
  expect(here).toBeGreaterThan(middle - 120)
  await everyWay(page, 'long')
  expect(most).toBeLessThan(3_000)
  await page.getByRole('button', { name: 'Jump to the latest' }).click()
  await expect.poll(async () => (await seen()).at(-1)).toBe(count)
})

test('S2a: in the middle of 10,000 messages what is read stays in place while an answer streams at the end', async (context) => {
  needBrowser(context)
  await stage.client.session('long').send('Say something.')
  await expect.poll(() => say !== undefined).toBe(true)
  await scrollTo(0.3)
  const numbers = await read()
  const top = (): Promise<number> => log().evaluate((box) => box.scrollTop)
  await drawn()
  const before = await top()
  for (let line = 1; line <= 30; line += 1) await say?.(`Line ${line}.\n\n`)
  await stage.client
    .session('long')
    .until(({ messages }) => messages.some((message) => textOf(message).includes('Line 30.')))
  expect(await read()).toEqual(numbers)
  expect(await top()).toBe(before)
  await page.getByRole('button', { name: 'Jump to the latest' }).click()
  await page.getByText('Line 30.').waitFor()
  for (let line = 31; line <= 60; line += 1) await say?.(`Line ${line}.\n\n`)
  await page.getByText('Line 60.').waitFor()
  await drawn()
  expect(await log().evaluate((box) => box.scrollHeight - box.clientHeight - box.scrollTop)).toBeLessThan(2)
  await say?.('')
})

test('what somebody writes anew in a long session is there when they come back to it', async (context) => {
  needBrowser(context)
  await scrollTo(0.6)
  await read()
  // The second one that is seen is whole.
  const message = page.getByTestId('message').filter({ hasText: `Message ${(await read())[1]}.` })
  await message.getByRole('button', { name: 'Say it anew' }).click()
  await page.getByRole('textbox', { name: 'New words' }).fill('Half a thought')
  await page.getByRole('textbox', { name: 'Message' }).focus()
  await scrollTo(0.1)
  await read()
  await scrollTo(0.6)
  await drawn()
  expect(await page.getByRole('textbox', { name: 'New words' }).inputValue()).toBe('Half a thought')
})
