/** Arabic and Hebrew among code and names in Latin letters, on a real server. With HEADRACE_SHOTS=<folder> it writes pictures. */
import { connect } from '@headrace/client'
import type { Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test, type TestContext } from 'vitest'
import { everyWay } from './fixture/every-way.ts'
import { RealStage } from './fixture/real-stage.ts'
import { noBrowser } from './fixture/stage.ts'

const title = 'لماذا أصبح checkout أبطأ منذ v4.18؟'
const asked = 'هل الملف `src/cart.ts` هو السبب؟ انظر أيضا إلى payments-api.'
const mixed = `نعم، السبب في **rates.ts**:

1. الدالة \`rateFor(currency)\` تُستدعى في كل طلب.
2. زمن الاستجابة ارتفع من 212 ms إلى 341 ms.

\`\`\`ts
return await rates.fetch(currency) // سعر الصرف
\`\`\`

| الخطوة | before | after |
| :--- | ---: | ---: |
| سعر الصرف | 2 ms | 124 ms |

> שמירת השער לדקה ב-\`rates.ts\` פותרת את הבעיה.

The deploy log is in English, and stays from left to right.`

let stage: RealStage
let page: Page

beforeAll(async () => {
  if (noBrowser !== undefined) return
  stage = await RealStage.set()
  await stage.agent('guide', (run) => run.text(mixed))
  await stage.agent('careful', async (run) => {
    await run.approve({ tool: 'deploy', version: '4.18.1' }, { title: 'להעלות את payments-api 4.18.1 לייצור?' })
  })
  const session = stage.client.session('rtl/checkout')
  await session.create({ agent: 'guide', metadata: { title, agents: ['guide', 'careful'] } })
  await session.send(asked)
  await session.until(({ view }) => view.runs[0]?.status === 'ended')
  await session.send({ text: 'העלה את זה (deploy), בבקשה.', agent: 'careful' })
  await session.until(({ view }) => view.requests.length > 0)
  const bob = connect({ url: stage.url, token: await stage.mint('bob', 'user') })
  const talk = bob.session('rtl/talk')
  await talk.create({ metadata: { title: 'שיחה עם bob' } })
  await talk.post({ text: 'عادة، ada، انظري إلى `deploy.sh` من فضلك.', mentions: ['operator:ada'] })
  await bob.close()
  page = await stage.open('rtl/checkout')
  await page.getByTestId('answer').first().getByText('The deploy log').waitFor()
})
afterEach(() => expect(stage?.complaints.splice(0) ?? []).toEqual([]))
afterAll(() => stage?.strike())

function needBrowser(context: TestContext): void {
  if (noBrowser !== undefined) context.skip(noBrowser)
}

/** The direction that a text is laid out in. */
const direction = (text: Locator): Promise<string> => text.evaluate((element) => getComputedStyle(element).direction)
/** Whether the one word stands to the left of the other, as they are drawn. */
const isLeftOf = (text: Locator, one: string, other: string): Promise<boolean> =>
  text.evaluate(
    (element, words) => {
      const [a = 0, b = 0] = words.map((word) => {
        const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT)
        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
          const at = (node.textContent ?? '').indexOf(word)
          if (at < 0) continue
          const range = document.createRange()
          range.setStart(node, at)
          range.setEnd(node, at + word.length)
          return range.getBoundingClientRect().left
        }
        throw new Error(`There is no ${word}.`)
      })
      return a < b
    },
    [one, other],
  )

test('A3: messages from right to left are laid out so, and code and English in them from left to right', async (context) => {
  needBrowser(context)
  const answer = page.getByTestId('answer').first()
  expect(await direction(page.getByTestId('message').first().locator('p').first())).toBe('rtl')
  expect(await direction(answer.locator('p').first())).toBe('rtl')
  expect(await direction(answer.locator('li').first())).toBe('rtl')
  expect(await direction(answer.locator('ol'))).toBe('rtl')
  expect(await direction(answer.locator('pre'))).toBe('ltr')
  expect(await direction(answer.locator('li code').first())).toBe('ltr')
  expect(await direction(answer.locator('blockquote'))).toBe('rtl')
  expect(await direction(answer.locator('table'))).toBe('rtl')
  expect(await direction(answer.getByText('The deploy log'))).toBe('ltr')
  // The brackets of a call stand around what is called.
  expect(await isLeftOf(answer.locator('li code').first(), 'rateFor', 'currency')).toBe(true)
  expect(await isLeftOf(answer.locator('li').nth(1), '341', '212')).toBe(true)
  // A name in Latin letters does not turn the line that it is in.
  const heading = page.getByRole('heading', { level: 1 })
  expect(await direction(heading)).toBe('rtl')
  const sideOf = (text: Locator): Promise<number> => text.evaluate((element) => element.getBoundingClientRect().left)
  expect(await sideOf(heading)).toBe(await sideOf(page.locator('.session-doing')))
  await everyWay(page, 'rtl-session')
})

test('A3: lists and the inbox keep each text in its own direction', async (context) => {
  needBrowser(context)
  const row = page.locator('[data-session="rtl/checkout"] .list-title')
  expect(await direction(row)).toBe('rtl')
  expect(await isLeftOf(row, 'checkout', 'لماذا')).toBe(true)
  await page.getByRole('link', { name: 'Inbox' }).click()
  const request = page.getByTestId('inbox-entry').filter({ hasText: 'להעלות' })
  await request.waitFor()
  expect(await direction(request.locator('.request-title'))).toBe('rtl')
  expect(await direction(request.locator('pre'))).toBe('ltr')
  await page.getByText('انظري').waitFor()
  await everyWay(page, 'rtl-inbox')
})
