/** What is there for developers and for the keyboard, on a real server. With HEADRACE_SHOTS=<folder> it writes pictures. */
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test, type TestContext } from 'vitest'
import { everyWay } from './fixture/every-way.ts'
import { RealStage } from './fixture/real-stage.ts'
import { noBrowser } from './fixture/stage.ts'

let stage: RealStage
let page: Page

beforeAll(async () => {
  if (noBrowser !== undefined) return
  stage = await RealStage.set()
  await stage.agent('guide', (run) => run.text('To the sea.'))
  const session = stage.client.session('trips/may')
  await session.create({ agent: 'guide', metadata: { title: 'A trip in May' } })
  await session.send('Where to?')
  await session.until(({ view }) => view.runs[0]?.status === 'ended')
  await stage.client.session('notes').create({ metadata: { title: 'Notes' } })
  page = await stage.open('trips/may')
  await page.getByTestId('answer').getByText('To the sea.').waitFor()
})
afterEach(() => expect(stage?.complaints.splice(0) ?? []).toEqual([]))
afterAll(() => stage?.strike())

function needBrowser(context: TestContext): void {
  if (noBrowser !== undefined) context.skip(noBrowser)
}

const events = () => page.getByTestId('event')

test('S4e: the inspector shows each event as it is, the state after any, and what comes', async (context) => {
  needBrowser(context)
  await page.getByRole('button', { name: 'More about this session' }).click()
  await page.getByRole('link', { name: 'Inspect' }).click()
  await page.locator('[data-testid=event][data-type="session.created"]').waitFor()
  const seqs = await events().evaluateAll((all) => all.map((each) => Number(each.getAttribute('data-seq'))))
  expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, index) => seqs.length - index))
  await page.getByRole('searchbox', { name: 'Filter events' }).fill('run.ended')
  await expect.poll(() => events().count()).toBe(1)
  await events().locator('summary').click()
  await events().getByText('"reason": "complete"').waitFor()
  await page.getByRole('spinbutton', { name: 'State after event' }).fill('2')
  await page.getByRole('button', { name: 'Show', exact: true }).click()
  await page.getByText('view at 2').waitFor()
  await page.getByRole('button', { name: 'Measure an answer' }).click()
  await page.getByTestId('trip').getByText(/ms$/).waitFor()
  await everyWay(page, 'inspector')
  await page.getByRole('searchbox', { name: 'Filter events' }).fill('comes now')
  await stage.client.session('trips/may').post('This comes now.')
  await expect.poll(() => events().count()).toBe(1)
})

test('S3: a slow connection is slow and nothing else', async (context) => {
  needBrowser(context)
  await page.getByRole('combobox', { name: 'Everything comes and goes' }).selectOption('300 ms later')
  await page.getByRole('searchbox', { name: 'Filter events' }).fill('word-')
  const session = stage.client.session('trips/may')
  for (let word = 1; word <= 20; word += 1) await session.post(`word-${word}`)
  await page.getByRole('button', { name: 'Drop connection' }).click()
  await expect.poll(() => events().count()).toBe(20)
  expect(await page.getByTestId('dev-lost').getAttribute('data-value')).toBe('0')
  expect(await page.getByTestId('dev-doubled').getAttribute('data-value')).toBe('0')
  await page.getByRole('combobox', { name: 'Everything comes and goes' }).selectOption('at once')
})

test('everything is reached by its name', async (context) => {
  needBrowser(context)
  await page.keyboard.press('Control+k')
  const palette = page.getByRole('dialog', { name: 'Go anywhere, do anything' })
  await palette.getByRole('textbox').fill('trip may')
  await everyWay(page, 'palette')
  await page.keyboard.press('Enter')
  await page.locator('[data-testid=session][data-status=live]').waitFor()
  await page.keyboard.press('Control+k')
  await palette.getByRole('textbox').fill('theme')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Theme: light' }).waitFor()
  await page.keyboard.press('Control+k')
  await palette.getByRole('textbox').fill('new session')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog', { name: 'New session' }).waitFor()
  await page.keyboard.press('Escape')
})

test('S5: a session that is deleted while it is open says so', async (context) => {
  needBrowser(context)
  await page.goto(`${stage.url}/#/s/notes`)
  await page.getByText('Nothing said yet').waitFor()
  await stage.client.deleteSession('notes')
  await page.getByRole('heading', { name: 'There is no such session' }).waitFor()
  await everyWay(page, 'deleted')
})
