/** Looking back at a session, on a real server. With HEADRACE_SHOTS=<folder> it writes pictures. */
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test, type TestContext } from 'vitest'
import { everyWay } from './fixture/every-way.ts'
import { finding } from './fixture/prose.ts'
import { RealStage } from './fixture/real-stage.ts'
import { noBrowser } from './fixture/stage.ts'

const id = 'incidents/replayed'
let stage: RealStage
let page: Page

beforeAll(async () => {
  if (noBrowser !== undefined) return
  stage = await RealStage.set()
  await stage.agent('researcher', async (run) => {
    for (const word of finding.split(' ')) await run.text(`${word} `)
    if (run.view.messages.length > 2) return
    await run.ask('When shall it be rolled back?', { type: 'string', enum: ['Now', 'Later'] })
  })
  const session = stage.client.session(id)
  await session.create({ agent: 'researcher', metadata: { title: 'Why is checkout slower?' } })
  await session.send('Find the cause.')
  const { view } = await session.until(({ view: { requests } }) => requests.length > 0)
  await session.answer(view.requests[0]?.id ?? '', { value: 'Later' })
  await session.until(({ view: { runs } }) => runs[0]?.status === 'ended')
  await session.post('Thank you, that was it.')
  page = await stage.open(id)
  await page.getByText('Thank you, that was it.').waitFor()
})
afterEach(() => expect(stage?.complaints.splice(0) ?? []).toEqual([]))
afterAll(() => stage?.strike())

function needBrowser(context: TestContext): void {
  if (noBrowser !== undefined) context.skip(noBrowser)
}

const bar = () => page.getByTestId('replay-bar')
const told = () => page.getByTestId('replay-told').textContent()
const seq = async () => Number(await bar().getAttribute('data-seq'))
/** What an attribute of the bar is set to from now on: what is there for a moment alone is not missed. */
async function changesOf(name: string): Promise<() => Promise<(string | null)[]>> {
  const changes = await bar().evaluateHandle((element, attribute) => {
    const seen: (string | null)[] = []
    const look = (): unknown => seen.push(element.getAttribute(attribute))
    new MutationObserver(look).observe(element, { attributeFilter: [attribute] })
    return seen
  }, name)
  return () => changes.jsonValue()
}
const slider = () => page.getByRole('slider', { name: 'Place in the session' })

test('S4e: a session is wound to any event, by slider, by jumps and by time, and has a link for each', async (context) => {
  needBrowser(context)
  await page.getByRole('link', { name: 'Look back' }).click()
  await bar().waitFor()
  // Whoever looks comes and goes after it.
  await page.getByRole('button', { name: 'What happened before' }).click()
  await expect.poll(told).toBe('you: Thank you, that was it.')
  await page.getByRole('button', { name: 'What happened before' }).click()
  await expect.poll(told).toBe('researcher ended: complete')
  expect(await page.getByText('Thank you, that was it.').count()).toBe(0)
  await page.getByRole('button', { name: 'What happened before' }).click()
  await expect.poll(told).toMatch(/answered$/)
  await page.getByRole('button', { name: 'What happened before' }).click()
  await expect.poll(told).toBe('researcher asks: When shall it be rolled back?')
  // What was asked then is shown, and can't be answered any more.
  await page.getByTestId('request').getByText('When shall it be rolled back?').waitFor()
  expect(await page.getByRole('button', { name: 'Later' }).count()).toBe(0)
  await everyWay(page, 'replay')
  await slider().fill('6')
  await expect.poll(seq).toBe(6)
  await expect.poll(told).toBe('researcher writes')
  expect(await page.getByText('I would roll forward').count()).toBe(0)
  await expect.poll(() => page.url()).toMatch(/\?at=6$/)

  await page.reload()
  await expect.poll(seq).toBe(6)
  await page.goto(page.url().replace('at=6', 'at=4'))
  await expect.poll(told).toBe('researcher begins')

  await page.getByRole('button', { name: 'Go to a time' }).click()
  const inAnHour = new Date(Date.now() + 3_600_000).toISOString().slice(0, 19)
  await page.getByLabel('What was on the screen at').fill(inAnHour)
  await page.getByRole('button', { name: 'Go there' }).click()
  await page.getByText('Thank you, that was it.').waitFor()
})

test('S4e: where somebody goes while the page is still coming up is where it goes', async (context) => {
  needBrowser(context)
  await page.goto(page.url().replace(/at=\d+$/, 'at=6'))
  await expect.poll(seq).toBe(6)
  await page.addInitScript(() => {
    const looking = new MutationObserver(() => {
      if (!document.querySelector('[data-seq="6"]')) return
      looking.disconnect()
      location.hash = location.hash.replace('at=6', 'at=4')
    })
    looking.observe(document, { subtree: true, childList: true, attributes: true })
  })
  await page.reload()
  await expect.poll(seq).toBe(4)
  await expect.poll(told).toBe('researcher begins')
})

test('a session plays again as it went, at up to 20 times its speed', async (context) => {
  needBrowser(context)
  await slider().fill('6')
  await page.getByRole('combobox', { name: 'Speed' }).selectOption('20')
  const playing = await changesOf('data-playing')
  await page.getByRole('button', { name: 'Play' }).click()
  await expect.poll(playing).toEqual(['true', 'false'])
  await page.getByText('Thank you, that was it.').waitFor()
  await page.keyboard.press(',')
  await expect.poll(told).toBe('you: Thank you, that was it.')
  await page.getByRole('link', { name: 'Back to now' }).click()
  await page.locator('[data-testid=session][data-status=live]').waitFor()
})

test('the time of each message leads to its moment', async (context) => {
  needBrowser(context)
  await page.getByTestId('message').first().getByRole('link', { name: 'See the session at' }).click()
  await expect.poll(told).toMatch(/: Find the cause\.$/)
  expect(await page.getByTestId('answer').count()).toBe(0)
})
