/**
 * Every page in both sizes and both themes: no violation that axe finds, nothing wider than the screen, nothing that a
 * strict content policy refuses. With HEADRACE_SHOTS=<folder> it writes a picture of each.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { examine, pictures } from './fixture/examine.ts'
import { scenes, type SceneName } from './fixture/scenes.ts'
import { desktop, noBrowser, phone, Stage } from './fixture/stage.ts'

const names = Object.keys(scenes) as SceneName[] // keys of a plain object
const ids = new Map<SceneName, string>()
let stage: Stage

beforeAll(async () => {
  if (noBrowser !== undefined) return
  stage = await Stage.set()
  for (const name of names) ids.set(name, stage.server.add(scenes[name]()).id)
})
afterAll(() => stage?.strike())

const variants = [
  { size: 'phone', viewport: phone, scheme: 'light' },
  { size: 'phone', viewport: phone, scheme: 'dark' },
  { size: 'desktop', viewport: desktop, scheme: 'light' },
  { size: 'desktop', viewport: desktop, scheme: 'dark' },
] as const

/** Without pictures two of them have both sizes and both themes between them. */
const checked = pictures ? variants : [variants[1], variants[2]]

test.for(checked)('pages on a $size, $scheme', async ({ size, viewport, scheme }, context) => {
  if (noBrowser !== undefined) return context.skip(noBrowser)
  const browser = await stage.context({ viewport, colorScheme: scheme, deviceScaleFactor: size === 'phone' ? 2 : 1 })
  const page = await browser.newPage()
  const label = (name: string): string => `${name}-${size}-${scheme}`
  const sessions = page.getByRole('navigation', { name: 'Sessions' })

  await page.goto(stage.url)
  await page.getByRole('button', { name: 'Open' }).waitFor()
  await examine(page, label('door'))

  await page.goto(`${stage.url}/#token=ada`)
  await sessions.getByRole('link').first().waitFor()
  await examine(page, label('home'))

  await page.getByRole('button', { name: 'New session' }).first().click()
  await page.getByRole('dialog', { name: 'New session' }).waitFor()
  await examine(page, label('new'))
  await page.keyboard.press('Escape')

  await page.keyboard.press('?')
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor()
  await examine(page, label('shortcuts'))
  await page.keyboard.press('Escape')

  for (const name of names) {
    await page.goto(`${stage.url}/#/s/${encodeURIComponent(ids.get(name) ?? '')}`)
    await page.locator('[data-testid=session][data-status=live]').waitFor()
    await examine(page, label(name))
  }
  const folds = page.locator('details.fold')
  await page.goto(`${stage.url}/#/s/${encodeURIComponent(ids.get('finished') ?? '')}?dev`)
  await folds.first().waitFor()
  for (const fold of await folds.all()) await fold.locator('summary').click()
  await page.getByTestId('people').click()
  await examine(page, label('opened'))
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Invite' }).click()
  await examine(page, label('invite'))
  await page.getByRole('button', { name: 'Make the link' }).click()
  await page.getByRole('textbox', { name: 'Link' }).waitFor()
  await examine(page, label('invited'))
  await page.keyboard.press('Escape')

  await page.getByRole('button', { name: 'Go offline' }).click()
  await page.getByRole('textbox', { name: 'Message' }).fill('This waits until I am back.')
  await page.keyboard.press('Enter')
  await page.getByTestId('pending').waitFor()
  await examine(page, label('offline'))

  await page.goto(`${stage.url}/#/s/nowhere`)
  await page.getByRole('button', { name: 'Go online' }).waitFor({ state: 'detached' })
  await page.reload()
  await page.getByRole('button', { name: 'Create it' }).waitFor()
  await examine(page, label('missing'))
  await browser.close()
  expect(stage.complaints).toEqual([])
})
