/** A floor that only its desk works on: what people do there, in two browsers at once. With HEADRACE_SHOTS=<folder> it writes pictures. */
import type { FloorSessions, PlanLane } from '@headrace/factory'
import type { Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test, type TestContext } from 'vitest'
import { byId, DeskStage, readyTask } from './fixture/desk-stage.ts'
import { everyWay } from './fixture/every-way.ts'
import { examine } from './fixture/examine.ts'
import { hostileTitle } from './fixture/floor-stage.ts'
import { judgedFloor } from './fixture/judged-floor.ts'
import { noBrowser } from './fixture/stage.ts'

let stage: DeskStage
let sessions: FloorSessions
let page: Page
let other: Page

const lanes: readonly PlanLane[] = [
  { name: 'alpha', kind: 'feature', oversight: 'merge', wip: 1 },
  { name: 'bugs', kind: 'bug', oversight: 'branch', wip: 1 },
  { name: 'scribe', kind: 'docs', oversight: 'propose', wip: 1 },
]

const tasks = byId([
  readyTask('T1', { title: 'Refuse an empty name', kind: 'bug', priority: 1 }),
  readyTask('T2', { title: 'Cut a list into pieces', priority: 1, at: 2_000 }),
  readyTask('T3', { title: 'Sort long lists in place', dependsOn: ['T2'] }),
  readyTask('T4', { title: 'Say in the README what words are', kind: 'docs', lane: 'scribe' }),
  readyTask('T5', { title: 'Count words that break across lines', at: 3_000 }),
  readyTask('T6', { title: 'Move to the new test runner', priority: 3, dependsOn: ['T3', 'T5'] }),
])

beforeAll(async () => {
  if (noBrowser !== undefined) return
  stage = await DeskStage.set()
  sessions = await stage.floor('main', { lanes, tasks, nextTask: 7, mode: 'paused' })
  page = await stage.stage.open(sessions.floor)
  other = await stage.stage.open(sessions.floor, { as: 'ben', viewport: { width: 390, height: 844 }, hasTouch: true })
})
afterEach(() => expect(stage?.stage.complaints.splice(0) ?? []).toEqual([]))
afterAll(() => stage?.strike())

function needBrowser(context: TestContext): void {
  if (noBrowser !== undefined) context.skip(noBrowser)
}

const column = (on: Page, key: string): Locator => on.locator(`[data-testid=board-column][data-column="${key}"]`)
const card = (on: Page, id: string): Locator => on.locator(`[data-testid=board] [data-task=${id}]`)

/** Both browsers show these cards in this column, in this order. */
async function bothShow(key: string, ids: readonly string[]): Promise<void> {
  for (const on of [page, other]) {
    const shown = (): Promise<(string | null)[]> =>
      column(on, key)
        .getByTestId('task')
        .evaluateAll((cards) => cards.map((each) => each.getAttribute('data-task')))
    await expect.poll(shown).toEqual(ids)
  }
}

/** Drags a card onto the middle of something, or near its upper end. */
async function drag(from: Locator, to: Locator, where: 'top' | 'middle'): Promise<void> {
  const boxOf = async (of: Locator): Promise<{ x: number; y: number; width: number; height: number }> => {
    await of.scrollIntoViewIfNeeded()
    const box = await of.boundingBox()
    if (!box) throw new Error('It is not on the page.')
    return box
  }
  const start = await boxOf(from)
  const { mouse } = page
  await mouse.move(start.x + 90, start.y + start.height / 2)
  await mouse.down()
  // It begins to be dragged where it was taken; the page may scroll only after that.
  await mouse.move(start.x + 98, start.y + start.height / 2 + 8, { steps: 3 })
  const end = await boxOf(to)
  await mouse.move(end.x + 60, end.y + (where === 'top' ? 6 : end.height / 2), { steps: 5 })
  await mouse.up()
}

const told = (words: RegExp | string): Promise<void> => page.getByTestId('floor-answer').getByText(words).waitFor()

test('F1i: cards of the board are dragged to another place, which the floor decides and everybody sees', async (context) => {
  needBrowser(context)
  await page.locator('[data-testid=board][data-by=priority]').waitFor()
  await bothShow('P1', ['T1', 'T2'])
  await everyWay(page, 'board')
  await drag(card(page, 'T5'), card(page, 'T1'), 'top')
  await told('T5 is P1, before T1.')
  await bothShow('P1', ['T5', 'T1', 'T2'])
  // Below the cards of a column it becomes the last one.
  await drag(card(page, 'T5'), column(page, 'P0'), 'middle')
  await told('T5 is P0.')
  await bothShow('P0', ['T5'])
  await page.getByRole('button', { name: 'By lane' }).click()
  await column(page, 'bugs').waitFor()
  await drag(card(page, 'T1'), column(page, 'bugs'), 'middle')
  await told('T1 is P1; only bugs takes it.')
  await drag(card(page, 'T4'), card(page, 'T5'), 'top')
  await told('T4 is P0, before T5; any lane that fits may take it.')
  await everyWay(page, 'board-lanes')
  await page.getByRole('button', { name: 'By urgency' }).click()
  await bothShow('P0', ['T4', 'T5'])
})

test('F1i: on a phone a card is dragged by its handle with a finger', async (context) => {
  needBrowser(context)
  await bothShow('P2', ['T3'])
  await bothShow('P3', ['T6'])
  await column(other, 'P2').evaluate((element) => element.scrollIntoView({ block: 'center', behavior: 'instant' }))
  const devTools = await other.context().newCDPSession(other)
  const finger = (type: 'touchStart' | 'touchMove' | 'touchEnd', x = 0, y = 0): Promise<unknown> =>
    devTools.send('Input.dispatchTouchEvent', { type, touchPoints: type === 'touchEnd' ? [] : [{ x, y }] })
  const middleOf = async (of: Locator): Promise<readonly [x: number, y: number, height: number]> => {
    const box = await of.boundingBox()
    if (!box) throw new Error('It is not on the page.')
    return [box.x + box.width / 2, box.y + box.height / 2, box.height]
  }
  const grip = other.getByRole('button', { name: 'Move T3' })
  const [x, y] = await middleOf(grip)
  const above = await other.evaluate(() => document.querySelector('.page-scroll')?.scrollTop)
  await finger('touchStart', x, y)
  const [, cardY, cardHeight] = await middleOf(card(other, 'T6'))
  const end = cardY + cardHeight / 4
  for (let step = 1; step <= 4; step += 1) await finger('touchMove', x + 40, y + ((end - y) * step) / 4)
  await other.locator('[data-testid=board] [data-task=T6][data-edge=after]').waitFor()
  await other.locator('[data-testid=board] [data-task=T3][data-away]').waitFor()
  expect(await other.evaluate(() => document.querySelector('.page-scroll')?.scrollTop)).toBe(above)
  // It rests before it is lifted: else what it did is a fling, and the next tap only ends that.
  for (let frame = 0; frame < 10; frame += 1) {
    await other.evaluate(() => new Promise(requestAnimationFrame))
    await finger('touchMove', x + 40, end)
  }
  await finger('touchEnd')
  await bothShow('P3', ['T6', 'T3'])
  // A tap on it still opens the dialog.
  await other.getByRole('button', { name: 'Move T3' }).tap()
  const dialog = other.getByRole('dialog', { name: 'The place of T3' })
  await dialog.waitFor()
  await other.keyboard.press('Escape')
  await card(page, 'T3').locator('summary').focus()
  await page.keyboard.press('Alt+ArrowLeft')
  await bothShow('P2', ['T3'])
})

test('F1i F1j: without a mouse a card is moved by keys and a dialog, keeps the focus, and what became of it is said', async (context) => {
  needBrowser(context)
  await card(page, 'T2').locator('summary').focus()
  await page.keyboard.press('Alt+ArrowLeft')
  await told('T2 is P0, after T5.')
  await bothShow('P0', ['T4', 'T5', 'T2'])
  await page.keyboard.press('Alt+ArrowUp')
  await page.keyboard.press('Alt+ArrowUp')
  await told('T2 is P0, before T4.')
  await bothShow('P0', ['T2', 'T4', 'T5'])
  expect(await page.evaluate(() => document.activeElement?.closest('[data-task]')?.getAttribute('data-task'))).toBe(
    'T2',
  )
  expect(await page.getByRole('status').filter({ hasText: 'T2 is P0, before T4.' }).count()).toBe(1)
  await page.getByRole('button', { name: 'Move T2' }).click()
  const dialog = page.getByRole('dialog', { name: 'The place of T2' })
  // What waits for it can't be waited for.
  expect(await dialog.getByRole('checkbox', { name: /^T6/ }).isDisabled()).toBe(true)
  await dialog.getByText('It waits itself: T6 waits for T3 waits for T2.').waitFor()
  await dialog.getByRole('checkbox', { name: /^T1/ }).check()
  await dialog
    .getByRole('combobox', { name: 'Where' })
    .selectOption({ label: 'Before T6 (P3) Move to the new test runner' })
  await everyWay(page, 'board-place')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await told('T2 waits for T1.')
  await bothShow('P3', ['T2', 'T6'])
  await card(other, 'T1').getByText('Before T2', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Resume', exact: true }).click()
  await card(page, 'T2').getByText('Waits: it depends on T1').waitFor()
  await examine(other, 'board-other')
})

test('T3 J7 F10b F8f: what was learned, judged, proposed and decided stands on sides of the ledger, and is settled there', async (context) => {
  needBrowser(context)
  const judged = await stage.floor('judged', judgedFloor(Date.now()))
  await page.goto(`${stage.stage.url}/#/s/${encodeURIComponent(judged.floor)}`)
  const away = page.getByTestId('shelved')
  await expect
    .poll(() => away.evaluateAll((all) => all.map((each) => each.dataset['attempt'])))
    .toEqual(['t4-1', 't5-1', 't1-2'])
  await page.locator('[data-attempt=t5-1]').getByText('/srv/floor/clones/attempts/t5-1/clone').waitFor()
  await page.getByTestId('shelf').scrollIntoViewIfNeeded()
  await everyWay(page, 'floor-shelf')
  await page.getByRole('button', { name: 'Bring it back: t4-1' }).click()
  await page.locator('[data-attempt=t4-1][data-state=wanted]').getByText('It is being brought back.').waitFor()
  await told('The clone of t4-1 is brought back.')
  await page.getByRole('link', { name: 'Ledger' }).click()
  const side = (name: string): Promise<void> =>
    page.getByRole('navigation', { name: 'Sides of the ledger' }).getByRole('link', { name }).click()
  await side('Days')
  await page.locator('[data-testid=ledger-line][data-name=bugs]').waitFor()
  expect(await page.getByTestId('ledger-totals').innerText()).toMatch(/Done\s+3[\s\S]*Land rate\s+\d+ %/)
  await everyWay(page, 'ledger-day')
  const today = await page.getByTestId('day-title').textContent()
  await page.getByRole('button', { name: 'Earlier' }).click()
  await expect.poll(() => page.getByTestId('day-title').textContent()).not.toBe(today)
  await page.getByRole('button', { name: 'Seven days' }).click()
  await side('Skills')
  const version = (id: string): Locator => page.locator(`[data-testid=version][data-version="${id}"]`)
  await version('test-fixer@77aa01cd2290').getByText('given in bugs').waitFor()
  await version('test-fixer@3f2a9c01b7de').getByText('1 of 3 landed, likely 6 % to 79 %').waitFor()
  await version('reviewer@90ab12cd34ef').getByText('No attempt with it is over yet.').waitFor()
  await page.locator('[data-testid=compared][data-verdict=open]').waitFor()
  await page.locator('[data-testid=lesson][data-lesson="guard:test-tampering"]').getByText('2 times').waitFor()
  await everyWay(page, 'ledger-skills')
  await side('Judgement')
  const circle = (id: string, as: string): Locator =>
    page.locator(`[data-testid=circle][data-task=${id}][data-judged=${as}]`)
  await circle('T2', 'landed').waitFor()
  await circle('T5', 'overruled').getByText('ada overruled that: It counts what is in it, file by file.').waitFor()
  const proposal = page.locator('[data-testid=proposal][data-task=T6]')
  await proposal.locator('[data-testid=diff-file]').getByText('+4').waitFor()
  await proposal.getByText('headrace factory proposals accept T6').waitFor()
  await everyWay(page, 'ledger-judgement')
  await other.goto(page.url())
  await circle('T4', 'stood').getByRole('button', { name: 'Not in circles…' }).click()
  await page.getByRole('dialog').getByRole('textbox', { name: 'Reason' }).fill('It measures a long list each time.')
  await page.getByRole('dialog').getByRole('button', { name: 'Overrule' }).click()
  await other.locator('[data-testid=circle][data-task=T4][data-judged=overruled]').waitFor()
  await page.getByRole('button', { name: 'Reject…: T7' }).click()
  await page.getByRole('dialog').getByRole('textbox', { name: 'Reason' }).fill('We stay on 1.')
  await page.getByRole('dialog').getByRole('button', { name: 'Reject', exact: true }).click()
  await other.locator('[data-testid=proposal][data-task=T7][data-status=rejected]').waitFor()
  await other.locator('[data-testid=decision][data-decision=rejected]').getByText('We stay on 1.').waitFor()
})

const priorities = [0, 1, 2, 3] as const

test('a floor of 500 lanes and 600 tasks is shown and searched, and follows only the lanes that are looked at', async (context) => {
  needBrowser(context)
  const names = Array.from(
    { length: 500 },
    (_, index) => `lane-${index + 1}${'-of-a-very-long-name'.repeat(index % 4)}`,
  )
  const at = Date.now() - 95_000
  const all = Array.from({ length: 600 }, (_, index) => {
    const [id, lane] = [`T${index + 1}`, names[index] ?? '']
    const state = { status: 'working', lane, attempt: 2, since: at } as const
    const title = index % 50 === 0 ? hostileTitle.repeat(1 + (index % 5)) : `Task ${index + 1}`
    return readyTask(id, { title, at, priority: priorities[index % 4] ?? 2, ...(index < 200 && { state }) })
  })
  const own = names.map((name): PlanLane => ({ name, kind: 'feature', oversight: 'merge', wip: 2 }))
  const mode = { mode: 'stopped', modeWhy: `The base is not green: ${hostileTitle}` } as const
  const many = await stage.floor('many', { lanes: own, tasks: byId(all), nextTask: 601, ...mode })
  await page.goto(`${stage.stage.url}/#/s/${encodeURIComponent(many.floor)}`)
  // Those at work come first, and only those that are looked at are followed.
  await expect.poll(() => page.getByTestId('lane').count()).toBe(24)
  await page.getByText('300 free lanes').waitFor()
  await everyWay(page, 'floor-many')
  await page.getByRole('region', { name: 'Lanes' }).getByRole('button', { name: 'Show 100 more of 200' }).click()
  await expect.poll(() => page.getByTestId('lane').count()).toBe(124)
  await page.getByRole('searchbox', { name: 'Look for a lane' }).fill('lane-499')
  await expect.poll(() => page.getByTestId('lane').count()).toBe(1)
  await page.getByTestId('lane').getByText('Free. The floor is stopped.').waitFor()
  await page.getByRole('searchbox', { name: 'Look for a lane' }).fill('')
  expect(await column(page, 'P1').getByTestId('task').count()).toBe(12)
  await column(page, 'P1').getByRole('button', { name: 'Show all 100' }).click()
  await expect.poll(() => column(page, 'P1').getByTestId('task').count()).toBe(100)
})

test('F6d F6 F8: every control of a floor and of a lane that is used in one browser shows in another one at once', async (context) => {
  needBrowser(context)
  const waffling = { verdict: 1, rung: 'nudge', evidence: 'same call, 4th time', kinds: ['same-call'] } as const
  const state = { status: 'working', lane: 'alpha', attempt: 1, since: Date.now(), waffling } as const
  const working = readyTask('T1', { title: 'Publish the new version', state })
  const all = [
    working,
    readyTask('T2'),
    readyTask('T3', { state: { status: 'proposed' } }),
    readyTask('T4', { state: { status: 'parked', why: '3 attempts', at: 1 } }),
    readyTask('T5', { state: { status: 'review', ref: 'refs/agents/t5-1', at: 1 } }),
    readyTask('T6', { priority: 3 }),
  ]
  const kept = { is: 'kept', until: Date.now() + 86_400_000 } as const
  const shelf = [{ id: 't4-1', reason: 'It went in circles.', at: 1, state: kept }]
  const pair = await stage.floor('pair', { lanes, tasks: byId(all), nextTask: 7, shelf })
  await stage.attempt(pair, {
    lane: 'alpha',
    task: working,
    async work(run) {
      await run.text('At work.')
      const isApproved = await run.approve({ argv: ['npm', 'publish'] }, { title: 'npm publish (it publishes)' })
      await run.text(isApproved ? 'Published.' : 'Not published.')
      for await (const steer of run.steers) {
        run.consume(steer)
        await run.text('Understood.')
      }
    },
  })
  for (const on of [page, other]) await on.goto(`${stage.stage.url}/#/s/${encodeURIComponent(pair.floor)}`)

  /** Does something in one browser; what comes of it shows in both, in the other one at most a second later. */
  async function both(
    act: () => Promise<unknown>,
    seen: (on: Page) => Locator,
    how: 'visible' | 'detached' = 'visible',
  ) {
    const shown = Promise.all(
      [page, other].map(async (on) => {
        await seen(on).first().waitFor({ state: how })
        return performance.now()
      }),
    )
    await act()
    const [here = 0, there = 0] = await shown
    expect(there - here).toBeLessThan(1_000)
  }
  const press =
    (name: string | RegExp, within: Page | Locator = page) =>
    () =>
      within.getByRole('button', { name, exact: typeof name === 'string' }).click()
  const because = (open: () => Promise<unknown>, done: string) => async () => {
    await open()
    await page.getByRole('dialog').getByRole('textbox', { name: 'Reason' }).fill('Because.')
    await press(done, page.getByRole('dialog'))()
  }
  const taskIs = (id: string, status: string) => (on: Page) =>
    on.locator(`[data-testid=task][data-task=${id}][data-status=${status}]`)
  const mode = (name: string) => (on: Page) => on.locator(`[data-testid=floor][data-mode=${name}]`)
  const laneOn = (on: Page, name: string) => on.locator(`[data-testid=lane][data-lane=${name}]`)

  await laneOn(other, 'alpha').getByText('npm publish (it publishes)').waitFor()
  await both(press('Approve'), (on) => laneOn(on, 'alpha').getByText('Published.'))
  await both(press('Pause'), mode('paused'))
  await both(press('Resume'), mode('running'))
  await both(press('Stop all'), mode('stopped'))
  await both(press('Resume'), mode('running'))
  await both(press('Pause the lane bugs'), (on) => laneOn(on, 'bugs').getByText('Takes nothing new: paused by'))
  await both(press('Resume the lane bugs'), (on) => laneOn(on, 'bugs').getByText('Free. It takes the next task'))
  await both(press('Accept: T3'), taskIs('T3', 'ready'))
  await both(press('Try again: T4'), taskIs('T4', 'ready'))
  await both(press('Mark as done: T5'), taskIs('T5', 'done'))
  await card(page, 'T2').locator('summary').click()
  await both(because(press('Reject…', card(page, 'T2')), 'Reject'), taskIs('T2', 'rejected'))
  const inColumn = (key: string, id: string) => (on: Page) => column(on, key).locator(`[data-task=${id}]`)
  await card(page, 'T3').locator('summary').click()
  const urgency = card(page, 'T3').getByRole('combobox', { name: 'Priority' })
  await both(() => urgency.selectOption('1'), inColumn('P1', 'T3'))
  await both(() => drag(card(page, 'T4'), column(page, 'P0'), 'middle'), inColumn('P0', 'T4'))
  await both(() => card(page, 'T6').locator('summary').press('Alt+ArrowLeft'), inColumn('P2', 'T6'))
  await press('Move T6')()
  await page.getByRole('dialog').getByRole('checkbox', { name: /^T3/ }).check()
  await both(press('Save'), (on) => card(on, 'T6').getByText('After T3', { exact: true }))
  await press('Add a task')()
  await page.getByRole('textbox', { name: 'Title' }).fill('Prove it')
  await both(press('Add'), taskIs('T7', 'ready'))
  const circles = (on: Page): Locator => laneOn(on, 'alpha').getByTestId('circles')
  await both(because(press('Not in circles…', circles(page)), 'Overrule'), circles, 'detached')
  await both(press('Bring it back: t4-1'), (on) => on.locator('[data-attempt=t4-1][data-state=wanted]'))

  for (const on of [page, other]) await laneOn(on, 'alpha').getByRole('link', { name: 'alpha' }).click()
  const strip = (on: Page): Locator => on.getByTestId('lane-strip')
  await page.getByRole('textbox', { name: 'Say something to its agent' }).fill('Numbers first')
  await both(
    () => page.keyboard.press('Enter'),
    (on) => on.getByText('Numbers first', { exact: true }),
  )
  await page.getByTestId('told').getByText('The agent was told').waitFor()
  await both(press('Take over'), (on) => on.getByTestId('lane-taken'))
  await both(press('Hand back'), (on) => on.getByTestId('lane-taken'), 'detached')
  await both(press('Pause', strip(page)), (on) => strip(on).getByRole('button', { name: 'Go on' }))
  await both(press('Go on', strip(page)), (on) => strip(on).getByRole('button', { name: 'Pause' }))
  await both(because(press('Put away…'), 'Put away'), () => strip(page).getByText('What t1-1 did is being put away.'))
  await page.getByRole('link', { name: 'Floor pair' }).first().click()
  await other.getByRole('link', { name: 'Floor pair' }).first().click()
  await laneOn(other, 'alpha').locator('[data-testid=work][data-state=ending]').waitFor()
})
