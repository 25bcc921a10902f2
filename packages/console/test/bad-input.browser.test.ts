/** What a page makes of what it should not get. With HEADRACE_SHOTS=<folder> it writes pictures. */
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test, type TestContext } from 'vitest'
import { everyWay } from './fixture/every-way.ts'
import { partsOf } from './fixture/page-parts.ts'
import { Room } from './fixture/room.ts'
import { ada, grace, scenes } from './fixture/scenes.ts'
import { noBrowser, Stage } from './fixture/stage.ts'

let stage: Stage
beforeAll(async () => {
  if (noBrowser !== undefined) return
  stage = await Stage.set()
})
afterEach(() => expect(stage?.complaints.splice(0) ?? []).toEqual([]))
afterAll(() => stage?.strike())

function needBrowser(context: TestContext): void {
  if (noBrowser !== undefined) context.skip(noBrowser)
}

function begin(id: string, now?: () => number): Room {
  const room = stage.server.add(new Room(id, now))
  room.must(ada, { type: 'create', metadata: { title: 'A room' } })
  room.must(grace, { type: 'post', parts: [{ kind: 'text', text: 'Before.' }] })
  return room
}

const says = (page: Page, words: string) => page.getByTestId('message').getByText(words)

test('an event and a part of a newer server are said to be unknown, and the page goes on', async (context) => {
  needBrowser(context)
  const room = begin('newer')
  const page = await stage.open(room)
  await says(page, 'Before.').waitFor()
  room.strange('mood.changed', { mood: 'sunny' })
  await page.getByTestId('newer').getByText('It does not know “mood.changed”').waitFor()
  room.strange('message.added', {
    id: 'strange',
    parent: null,
    role: 'user',
    parts: [
      { kind: 'hologram', of: 'a lighthouse' },
      { kind: 'text', text: 'See the hologram above.' },
    ],
  })
  await page.getByTestId('unknown-part').getByText('Something that this page does not know (hologram).').waitFor()
  await says(page, 'See the hologram above.').waitFor()
  room.must(grace, { type: 'post', parts: [{ kind: 'text', text: 'After.' }] })
  await says(page, 'After.').waitFor()
  const { message } = partsOf(page)
  await message.fill('I still write.')
  await message.press('Enter')
  await says(page, 'I still write.').waitFor()
  await everyWay(page, 'newer')
  // Opened anew, the part is in the view that the page begins with.
  await page.reload()
  await page.getByTestId('unknown-part').waitFor()
  await says(page, 'After.').waitFor()
  await page.context().close()
})

test.for([
  { clock: 'a day ahead', hours: 24 },
  { clock: 'a day behind', hours: -24 },
])('a device whose clock is $clock shows and sends as any other', async ({ hours }, context) => {
  needBrowser(context)
  const room = begin(`skew${hours}`)
  const browser = await stage.context()
  await browser.addInitScript((ms) => {
    const Real = Date
    globalThis.Date = class extends Real {
      constructor(...given: []) {
        super(...((given.length === 0 ? [Real.now() + ms] : given) as []))
      }
      static override now = (): number => Real.now() + ms
    } as DateConstructor
  }, hours * 3_600_000)
  const page = await browser.newPage()
  await page.goto(`${stage.url}/#token=ada&session=${encodeURIComponent(room.id)}`)
  await page.locator('[data-testid=session][data-status=live]').waitFor()
  const { message, online } = partsOf(page)
  await message.fill('What time is it?')
  await message.press('Enter')
  await says(page, 'What time is it?').waitFor()
  expect(await page.getByTestId('pending').count()).toBe(0)
  room.must(grace, { type: 'post', parts: [{ kind: 'text', text: 'Late.' }] })
  await says(page, 'Late.').waitFor()
  await online.waitFor()
  const times = await page.getByRole('navigation', { name: 'Sessions' }).locator('time').allInnerTexts()
  expect(times.join()).not.toMatch(/NaN|Invalid|-\d|in \d/)
  await browser.close()
})

test('a server that goes away and stays away leaves what was there, and says how it stands', async (context) => {
  needBrowser(context)
  const room = stage.server.add(scenes.finished())
  const page = await stage.open(room)
  await stage.server.close()
  const { message, log } = partsOf(page)
  await page.locator('[data-testid=connection][data-state=offline]').waitFor()
  await page.getByText('Nothing is lost').waitFor({ state: 'attached' })
  await log.getByText('Thanks. I will ship').waitFor()
  await message.fill('Is anybody there?')
  await message.press('Enter')
  await page.getByTestId('pending').getByText('Waiting to be sent').waitFor()
  await everyWay(page, 'gone')
  await page.goto(`${stage.url}/#/inbox`)
  await page.getByRole('heading', { name: 'Inbox' }).waitFor()
  await everyWay(page, 'gone-inbox')
  await page.context().close()
  stage.complaints.length = 0 // the browser says of each attempt that nobody answers
})
