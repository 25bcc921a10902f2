/** The window onto a factory floor, on a real floor with agents at work. With HEADRACE_SHOTS=<folder> it writes pictures. */
import { askFloor } from '@headrace/factory'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test, type TestContext } from 'vitest'
import { desktopLight, everyWay, phoneDark } from './fixture/every-way.ts'
import { examine } from './fixture/examine.ts'
import { FloorStage, hostileTitle } from './fixture/floor-stage.ts'
import { noBrowser } from './fixture/stage.ts'

let stage: FloorStage
let page: Page

beforeAll(async () => {
  if (noBrowser !== undefined) return
  stage = await FloorStage.set()
  page = await stage.open(stage.floor.sessions.floor)
})
afterEach(() => expect(stage?.complaints.splice(0) ?? []).toEqual([]))
afterAll(() => stage?.strike())

function needBrowser(context: TestContext): void {
  if (noBrowser !== undefined) context.skip(noBrowser)
}

const lane = (name: string) => page.locator(`[data-testid=lane][data-lane="${name}"]`)
const task = (id: string, status: string) =>
  page.locator(`[data-testid=task][data-task="${id}"][data-status="${status}"]`)
const answer = () => page.getByTestId('floor-answer')

test('F1 F6d: the floor shows lanes at work, what waits and why, what needs a person, and what the gate said', async (context) => {
  needBrowser(context)
  await page.locator('[data-testid=floor][data-status=live][data-mode=running]').waitFor()
  await lane('talker').locator('[data-state=working]').waitFor()
  await lane('talker')
    .getByText(/^Agents (in bubblewrap.*network model-only|without a sandbox)/)
    .waitFor()
  await lane('talker').getByText('It sorts a copy.').waitFor()
  await lane('asker').getByText('asker asks: npm publish (it publishes)').waitFor()
  await lane('steady').getByText('Takes nothing new: The CI provider is down until four o’clock.').waitFor()
  await task('T2', 'review')
    .getByText(/^To review: its work is at refs\//)
    .waitFor()
  await task('T5', 'ready').getByText('Waits: it depends on T3').waitFor()
  await task('T6', 'ready').getByText('Waits: talker is busy').waitFor()
  await task('T7', 'proposed').getByText('Proposed: somebody must accept it').waitFor()
  await page
    .locator('[data-testid=verdict][data-verdict=merged]')
    .getByText(/^Merged as \w+: 4 passed/)
    .waitFor()
  await task('T1', 'done').getByText('Merged as ').waitFor()
  expect(await task('T6', 'ready').locator('bdi').first().textContent()).toBe(hostileTitle)
  // What a lane asks, and tasks that need a person, wait for the reader wherever they are.
  await expect.poll(() => page.title()).toBe('(3) Working · Floor main · Headrace')
  expect(await page.getByTestId('inbox-count').textContent()).toBe('3 waiting for you')
  await everyWay(page, 'floor')
})

test('P5b F6d: what waits for a person on a floor waits in the inbox as well', async (context) => {
  needBrowser(context)
  await page.goto(`${stage.url}/#/inbox`)
  const floor = page.getByTestId('inbox-floor')
  await floor.locator('[data-task=T2]').getByRole('button', { name: 'Mark as done: T2' }).waitFor()
  await floor.locator('[data-task=T7]').getByText('Proposed: somebody must accept it').waitFor()
  // The question of a lane, and both.
  await page.getByTestId('inbox').getByText('3 things wait for you', { exact: true }).waitFor()
  // Also while the list shows others.
  await page.getByRole('radio', { name: 'Archived' }).click()
  await page.locator('.list-rows a').first().waitFor({ state: 'detached' })
  await floor.locator('[data-task=T7]').waitFor()
  expect(await page.getByTestId('inbox-count').textContent()).toBe('3 waiting for you')
  await page.getByRole('radio', { name: 'All' }).click()
  await everyWay(page, 'inbox-floor', phoneDark)
  await floor.getByRole('link', { name: 'Floor main' }).click()
  await task('T7', 'proposed').waitFor()
})

test('F6d: what is asked of the floor is answered on the page, also by a refusal', async (context) => {
  needBrowser(context)
  await task('T2', 'review').getByRole('button', { name: 'Reject…' }).click()
  // Somebody else is faster.
  const session = stage.client.session(stage.floor.sessions.floor)
  expect(await askFloor(session, { ask: 'accept-task', task: 'T2' })).toMatchObject({ outcome: 'accepted' })
  await task('T2', 'done').waitFor()
  const why = page.getByRole('dialog', { name: 'Reject T2' }).getByRole('textbox', { name: 'Reason' })
  await why.fill('The README is generated.')
  await page.getByRole('button', { name: 'Reject', exact: true }).click()
  await expect.poll(() => answer().textContent()).toMatch(/^Refused: T2 is done\./)
  await page.getByRole('button', { name: 'Accept: T7' }).click()
  await task('T7', 'ready').getByText('Waits: no lane takes horizon work').waitFor()
  await expect.poll(() => answer().textContent()).toBe('T7 is ready.')
  await page.getByRole('button', { name: 'Pause', exact: true }).click()
  await page.locator('[data-testid=floor][data-mode=paused]').waitFor()
  await task('T6', 'ready').getByText('Waits: the floor is paused').waitFor()
  await page.getByRole('button', { name: 'Resume', exact: true }).click()
  await page.locator('[data-testid=floor][data-mode=running]').waitFor()
  await page.getByRole('button', { name: 'Add a task' }).click()
  await page.getByRole('textbox', { name: 'Title' }).fill('Prove that words survive line breaks')
  await page.getByRole('combobox', { name: 'Kind' }).selectOption('ci')
  await examine(page, 'floor-add')
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Add a task' }).click()
  await page.getByRole('textbox', { name: 'Title' }).fill('Prove that words survive line breaks')
  await page.getByRole('combobox', { name: 'Kind' }).selectOption('ci')
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  await task('T9', 'ready').getByText('Waits: steady is paused').waitFor()
  await page.getByRole('button', { name: 'Resume the lane steady' }).click()
  await lane('steady').locator('[data-testid=work][data-task=T9]').waitFor()
})

test('J7: a lane says that its agent goes in circles, by which fact, and a person says that it does not', async (context) => {
  needBrowser(context)
  const circles = lane('circler').getByTestId('circles')
  await circles.getByText(/^In circles, told so: same call, same output, 4th time/).waitFor()
  await examine(page, 'floor-circles')
  await circles.getByRole('button', { name: 'Not in circles…' }).click()
  const dialog = page.getByRole('dialog', { name: 'T8 does not go in circles' })
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('It counts what is in it.')
  await dialog.getByRole('button', { name: 'Overrule' }).click()
  await expect.poll(() => answer().textContent()).toMatch(/^T8 does not go in circles; its agent begins/)
  await circles.waitFor({ state: 'detached' })
})

test('F6: a lane shows what happened to its attempt, what it changed and what the gate said', async (context) => {
  needBrowser(context)
  await lane('alpha').getByRole('link', { name: 'alpha' }).click()
  const fact = (name: string) => page.locator(`[data-testid=fact][data-name="factory.${name}"]`)
  await fact('clone').first().getByText('Began in its clone').waitFor()
  await fact('outcome').getByText('Over: merged.').waitFor()
  // No note of the crew is shown as the data that it is.
  expect(await page.locator('[data-testid=data]').count()).toBe(0)
  await everyWay(page, 'lane-stream')
  await page.getByRole('tab', { name: 'Changes' }).click()
  await page.locator('[data-testid=diff-file][data-path="src/first.js"]').getByText('+1', { exact: true }).waitFor()
  expect(await page.getByTestId('diff-file').count()).toBe(2)
  expect(await page.locator('[data-path="src/first.js"] [data-token=keyword]').allTextContents()).toContain('export')
  await everyWay(page, 'lane-changes', phoneDark)
  await page.keyboard.press('ArrowRight')
  await page.locator('[data-testid=gate-said][data-verdict=merged]').waitFor()
  await everyWay(page, 'lane-gate', desktopLight)
  await page.getByRole('link', { name: 'Floor main' }).first().click()
})

test('F6 F8 F8f: a lane is opened, steered, taken over, handed back and put away', async (context) => {
  needBrowser(context)
  await lane('talker').getByRole('link', { name: 'talker' }).click()
  const strip = page.getByTestId('lane-strip')
  await strip.getByText('Find out why median is slow').waitFor()
  await page.getByRole('textbox', { name: 'Say something to its agent' }).fill('Give me numbers first')
  await page.keyboard.press('Enter')
  await page.getByTestId('told').getByText('The agent was told').waitFor()
  await page.getByText('Understood: numbers first.').waitFor()
  await strip.getByRole('button', { name: 'Take over' }).click()
  await page.getByTestId('lane-taken').getByText('You have taken it over').waitFor()
  await page.getByTestId('lane-taken').locator('code').waitFor()
  await everyWay(page, 'lane')
  await strip.getByRole('button', { name: 'Hand back' }).click()
  await page.getByTestId('lane-taken').waitFor({ state: 'detached' })
  await strip.getByRole('button', { name: 'Put away…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Put away what was done for T3' })
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('It goes in circles')
  await examine(page, 'lane-nuke')
  await dialog.getByRole('button', { name: 'Put away' }).click()
  await expect.poll(() => answer().textContent()).toMatch(/^What talker did for T3 is put away/)
  const undo = page.getByTestId('strip-undo').getByRole('button', { name: 'Bring it back: t3-1' })
  await undo.waitFor()
  await examine(page, 'lane-undo')
  await undo.click()
  await page.getByTestId('strip-undo').locator('code').waitFor()
  await page.getByRole('link', { name: 'Floor main' }).first().click()
  const away = (id: string) => page.locator(`[data-testid=shelved][data-attempt=${id}]`)
  await away('t3-1').getByText('It is back:').waitFor()
  expect((await stage.floor.clones.list()).map(({ id }) => id)).toContain('t3-1')
  // On a slow machine others have come to nothing meanwhile, and stand before what was merged.
  const all = page.getByTestId('shelf').getByRole('button', { name: /^Show / })
  if (await all.isVisible()) await all.click()
  await away('t1-1').getByText('can be had back until').waitFor()
  const row = page.locator('[data-testid=task][data-task=T3]')
  // It changes its place when it begins anew.
  await row.getByText('In talker, attempt 2').waitFor()
  await row.locator('summary').click()
  await row.locator('[data-testid=attempt][data-outcome=nuked]').getByText('It goes in circles').waitFor()
  await everyWay(page, 'floor-attempts')
})

test('T1 T3: what a floor has done and cost stands in its ledger', async (context) => {
  needBrowser(context)
  await page.goto(`${stage.url}/#/s/factory%2Fmain%2Ffloor`)
  await page.getByRole('link', { name: 'Ledger' }).click()
  const line = (name: string) => page.locator(`[data-testid=ledger-line][data-name="${name}"]`).first()
  await line('alpha').getByText('1 merged').waitFor()
  await line('talker').getByText('1 put away').waitFor()
  expect(await page.getByTestId('ledger-totals').innerText()).toMatch(/Merged changes\s+1/)
  expect(await page.getByTestId('chart').count()).toBe(5)
  await everyWay(page, 'ledger')
})

test('an empty floor, one that is not there, and one with nobody at work are shown as they are', async (context) => {
  needBrowser(context)
  await stage.client.session('factory/empty/floor').create({ agent: 'foreman.empty' })
  await page.goto(`${stage.url}/#/s/factory%2Fempty%2Ffloor`)
  await page.getByText('No lanes yet.').waitFor()
  await page.getByText('Nobody is at work here').waitFor()
  await everyWay(page, 'floor-empty', desktopLight)
  await page.goto(`${stage.url}/#/s/factory%2Fnone%2Ffloor`)
  await page.getByRole('heading', { name: 'There is no such floor' }).waitFor()
  await page.goto(`${stage.url}/#/s/factory%2Fmain%2Ffloor`)
  await page.locator('[data-testid=floor][data-status=live]').waitFor()
  expect(await page.getByText('Nobody is at work here').count()).toBe(0)
  await stage.floor.close()
  await page.getByText('Nobody is at work here').waitFor()
})
