/** Getting in, and getting around. */
import { afterAll, beforeAll, expect, test, type TestContext } from 'vitest'
import { Room } from './fixture/room.ts'
import { ada, scenes } from './fixture/scenes.ts'
import { noBrowser, Stage } from './fixture/stage.ts'

let stage: Stage
beforeAll(async () => {
  if (noBrowser !== undefined) return
  stage = await Stage.set()
  stage.server.add(scenes.finished())
  const other = stage.server.add(new Room('other'))
  other.must(ada, { type: 'create' })
})
afterAll(() => stage?.strike())

function needBrowser(context: TestContext): void {
  if (noBrowser !== undefined) context.skip(noBrowser)
}

test('A3: the token leaves the address bar and stays in the tab', async (context) => {
  needBrowser(context)
  const browser = await stage.context()
  const page = await browser.newPage()
  await page.goto(`${stage.url}/#token=ada&session=incidents%2Fcheckout-latency`)
  const title = page.getByRole('heading', { level: 1, name: 'Why is checkout slower since Tuesday?' })
  await title.waitFor()
  expect(page.url()).toBe(`${stage.url}/#/s/incidents%2Fcheckout-latency`)
  expect(await page.evaluate(() => JSON.stringify(Object.entries(localStorage)))).not.toContain('ada')
  await page.reload()
  await title.waitFor()
  // Going back does not bring the token back.
  await page.goBack()
  expect(page.url()).not.toContain('token')
  const fresh = await browser.newPage()
  await fresh.goto(`${stage.url}/#/s/other`)
  await fresh.getByRole('heading', { name: 'Open your console' }).waitFor()
  await browser.close()
})

test('the session is asked for before what draws it has come, and drawn as soon as it has', async (context) => {
  needBrowser(context)
  const browser = await stage.context()
  const page = await browser.newPage()
  const { promise: mayCome, resolve: letCome } = Promise.withResolvers<void>()
  await page.route(/\/assets\/page-[^/]+\.js$/, async (route) => {
    await mayCome
    await route.continue()
  })
  const asked = (async () => {
    const socket = await page.waitForEvent('websocket')
    const sent: string[] = []
    socket.on('framesent', ({ payload }) => sent.push(String(payload)))
    const came = await socket.waitForEvent('framereceived', ({ payload }) => String(payload).includes('"snapshot"'))
    return { sent, view: String(came.payload) }
  })()
  await page.goto(`${stage.url}/#token=ada&session=other`)
  const { sent, view } = await asked
  expect(view).toContain('"other"')
  expect(await page.locator('#root').innerHTML()).toBe('')
  letCome()
  await page.locator('[data-testid=session][data-status=live]').waitFor()
  // With the same words as the page has, so once.
  expect(sent.filter((frame) => frame.includes('"subscribe"'))).toEqual([expect.stringContaining('"device"')])
  await browser.close()
})

test('sessions have addresses: links, back and forward', async (context) => {
  needBrowser(context)
  const page = await (await stage.context()).newPage()
  await page.goto(`${stage.url}/#token=ada`)
  const heading = (name: string) => page.getByRole('heading', { level: 1, name })
  await heading('Pick up where you left off').waitFor()
  const sessions = page.getByRole('navigation', { name: 'Sessions' })
  await sessions.getByRole('link', { name: /^other/ }).click()
  await heading('other').waitFor()
  expect(await sessions.locator('[aria-current=page]').getAttribute('data-session')).toBe('other')
  await sessions.getByRole('link', { name: /^Why is checkout/ }).click()
  await heading('Why is checkout slower since Tuesday?').waitFor()
  await page.goBack()
  await heading('other').waitFor()
  await page.goBack()
  await heading('Pick up where you left off').waitFor()
  await page.goForward()
  await heading('other').waitFor()
  await page.keyboard.press('Tab')
  await page.context().close()
})

test('A1: a token that is not accepted leads back to the door, with the reason', async (context) => {
  needBrowser(context)
  const page = await (await stage.context()).newPage()
  await page.goto(`${stage.url}/#token=stranger`)
  await page.getByRole('alert').getByText('This server did not accept the token.').waitFor()
  await page.goto(`${stage.url}/#token=old`)
  await page.getByRole('alert').getByText('Your token has expired.').waitFor()
  const field = page.getByRole('textbox', { name: 'Or paste the link, or the token itself' })
  await field.fill('no token here')
  await field.press('Enter')
  await page.getByText('There is no token in that.').waitFor()
  await field.fill(`${stage.url}/#token=ada&session=other`)
  await page.getByRole('button', { name: 'Open' }).click()
  await page.getByRole('heading', { level: 1, name: 'other' }).waitFor()
  await page.getByRole('button', { name: 'Leave' }).click()
  await page.getByRole('heading', { name: 'Open your console' }).waitFor()
  await page.context().close()
  stage.complaints.length = 0 // the browser reports the refused requests
})

test('P6: a session is made from the page, with a title or at an address that has none', async (context) => {
  needBrowser(context)
  const page = await (await stage.context()).newPage()
  await page.goto(`${stage.url}/#token=ada`)
  await page.getByRole('navigation', { name: 'Sessions' }).getByRole('link').first().waitFor()
  await page.keyboard.press('n')
  const dialog = page.getByRole('dialog', { name: 'New session' })
  await dialog.getByRole('textbox', { name: 'Title (optional)' }).fill('Plan the launch')
  await dialog.getByRole('button', { name: 'Create' }).click()
  await page.getByRole('heading', { level: 1, name: 'Plan the launch' }).waitFor()
  expect(page.url()).toMatch(/#\/s\/plan-the-launch-[a-z2-9]{8}$/)
  await page.getByText('Nothing said yet').waitFor()
  await page
    .getByRole('navigation', { name: 'Sessions' })
    .getByRole('link', { name: /^Plan the launch/ })
    .waitFor()

  await page.goto(`${stage.url}/#/s/made%2Fby-hand`)
  await page.getByRole('heading', { name: 'There is no such session' }).waitFor()
  await page.getByRole('button', { name: 'Create it' }).click()
  await page.getByText('Nothing said yet').waitFor()
  await page.context().close()
})

test('an invitation lets somebody else in', async (context) => {
  needBrowser(context)
  const page = await (await stage.context()).newPage()
  await page.goto(`${stage.url}/#token=ada`)
  await page.goto(`${stage.url}/?dev#/s/other`)
  await page.getByRole('button', { name: 'Invite' }).click()
  const dialog = page.getByRole('dialog', { name: 'Invite someone' })
  await dialog.getByRole('textbox', { name: 'Their name' }).fill('Katherine')
  await dialog.getByRole('button', { name: 'Make the link' }).click()
  const link = await dialog.getByRole('textbox', { name: 'Link' }).inputValue()
  const guest = await (await stage.context()).newPage()
  await guest.goto(link)
  await guest.getByRole('heading', { level: 1, name: 'other' }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Here now: Ada Lovelace and Katherine' }).waitFor()
  await guest.getByRole('textbox', { name: 'Message' }).waitFor()
  await guest.getByRole('button', { name: 'Invite' }).waitFor({ state: 'detached' })

  await page.getByRole('button', { name: 'Invite' }).click()
  await dialog.getByRole('radio', { name: 'Only watch' }).check()
  await dialog.getByRole('button', { name: 'Make the link' }).click()
  await guest.goto(await dialog.getByRole('textbox', { name: 'Link' }).inputValue())
  await guest.getByText('You are watching.').waitFor()
  expect(await guest.getByRole('textbox', { name: 'Message' }).count()).toBe(0)
  await guest.context().close()
  await page.context().close()
})

test('the theme is the reader’s choice, and kept', async (context) => {
  needBrowser(context)
  const page = await (await stage.context({ colorScheme: 'light' })).newPage()
  await page.goto(`${stage.url}/#token=ada`)
  const canvas = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  const light = await canvas()
  await page.getByRole('button', { name: 'Theme: automatic' }).click()
  await page.getByRole('button', { name: 'Theme: light' }).click()
  await page.getByRole('button', { name: 'Theme: dark' }).waitFor()
  const dark = await canvas()
  expect(dark).not.toBe(light)
  await page.reload()
  await page.getByRole('button', { name: 'Theme: dark' }).waitFor()
  expect(await canvas()).toBe(dark)
  await page.context().close()
})

test('the keyboard reaches everything: the first stop leads past the list', async (context) => {
  needBrowser(context)
  const page = await (await stage.context()).newPage()
  await page.goto(`${stage.url}/#token=ada&session=other`)
  await page.getByRole('heading', { level: 1, name: 'other' }).waitFor()
  await page.keyboard.press('Tab')
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the conversation')
  await page.keyboard.press('Enter')
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('main')
  expect(page.url()).toContain('#/s/other')
  await page.context().close()
  expect(stage.complaints).toEqual([])
})
