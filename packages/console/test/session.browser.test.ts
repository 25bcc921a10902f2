/** What is done with a session beside talking in it, on a real server. With HEADRACE_SHOTS=<folder> it writes pictures. */
import { readFile } from 'node:fs/promises'
import { connect } from '@headrace/client'
import { verifyExport } from '@headrace/core'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test, type TestContext } from 'vitest'
import { everyWay } from './fixture/every-way.ts'
import { RealStage } from './fixture/real-stage.ts'
import { noBrowser } from './fixture/stage.ts'

let stage: RealStage
let page: Page
/** Lets the slow agent go on. */
let goOn = Promise.withResolvers<void>()

beforeAll(async () => {
  if (noBrowser !== undefined) return
  stage = await RealStage.set()
  await stage.agent('guide', async (run) => {
    const asked = run.input.parts.map((part) => (part.kind === 'text' ? part.text : '')).join('')
    run.usage({ inputTokens: 1_200, outputTokens: 300, costUsd: 0.012 })
    await run.text(`You asked: ${asked}`)
  })
  await stage.agent('facts', async (run) => {
    run.usage({ inputTokens: 50_000, costUsd: 0.2 })
    await run.text('Three facts.')
  })
  await stage.agent('lead', async (run) => {
    run.usage({ inputTokens: 2_000, costUsd: 0.05 })
    await run.spawn('facts', { agent: 'facts', text: 'Find three facts.' }).ended
    await run.text('Found three.')
  })
  await stage.agent('slow', async (run) => {
    await goOn.promise
    await run.text('Done.')
  })
  const { client } = stage
  await client.session('trips/may').create({ agent: 'guide', metadata: { title: 'A trip in May' } })
  await client.session('trips/june').create({ agent: 'lead', metadata: { title: 'A trip in June' } })
  await client.session('notes').create({ metadata: { title: 'Notes' } })
  await client.session('notes').post('The lighthouse opens at nine.')
  await client.session('trips/june').send('Find out about June.')
  await client.session('trips/june').until(({ view }) => view.runs[0]?.status === 'ended')
  page = await stage.open('trips/may')
  await page.locator('[data-testid=session][data-status=live]').waitFor()
})
afterEach(() => expect(stage?.complaints.splice(0) ?? []).toEqual([]))
afterAll(() => stage?.strike())

function needBrowser(context: TestContext): void {
  if (noBrowser !== undefined) context.skip(noBrowser)
}

const list = () => page.getByRole('navigation', { name: 'Sessions' })
const rows = async (): Promise<readonly (string | null)[]> =>
  (await list().locator('[data-session]').all()).length === 0
    ? []
    : list()
        .locator('[data-session]')
        .evaluateAll((all) => all.map((each) => each.getAttribute('data-session')))
const answer = (words: string) => page.getByTestId('answer').getByText(words)

test('S6a S6d: what somebody said is said anew, and both versions keep what followed', async (context) => {
  needBrowser(context)
  const field = page.getByRole('textbox', { name: 'Message' })
  await field.fill('Where to?')
  await field.press('Enter')
  await answer('You asked: Where to?').waitFor()
  await field.fill('And then?')
  await field.press('Enter')
  await answer('You asked: And then?').waitFor()
  await page.getByTestId('message').first().getByRole('button', { name: 'Say it anew' }).click()
  await page.getByRole('textbox', { name: 'New words' }).fill('Where to, by train?')
  await page.getByRole('form', { name: 'Say it anew' }).getByRole('button', { name: 'Say it anew' }).click()
  await answer('You asked: Where to, by train?').waitFor()
  await page.getByTestId('versions').getByText('2 of 2').waitFor()
  expect(await page.getByTestId('message').count()).toBe(1)
  await everyWay(page, 'versions')
  await page.getByRole('button', { name: 'Version before' }).click()
  await answer('You asked: And then?').waitFor()
  expect(await page.getByRole('log').getByText('by train').count()).toBe(0)
  await page.getByRole('button', { name: 'Version after' }).click()
  await answer('You asked: Where to, by train?').waitFor()
  // A second answer stands before the first.
  await page.getByRole('button', { name: 'Ask guide again' }).click()
  await page.getByText('1 earlier answer').waitFor()
})

test('R7: runs are shown as they started each other, with what each used and cost', async (context) => {
  needBrowser(context)
  await list()
    .getByRole('link', { name: /^A trip in June/ })
    .click()
  await answer('Found three.').waitFor()
  await page.getByRole('button', { name: 'More about this session' }).click()
  await page.getByRole('button', { name: 'Runs and cost' }).click()
  const lead = page.getByTestId('run').filter({ hasText: 'lead' }).first()
  await lead.getByTestId('run').getByText('facts').waitFor()
  // A run counts what it started.
  await lead.getByText('$0.25').first().waitFor()
  await lead.getByTestId('run').getByText('$0.20').waitFor()
  expect(await page.getByTestId('runs-total').innerText()).toContain('$0.25')
  await everyWay(page, 'runs')
  await page.getByRole('button', { name: 'Close' }).click()
})

test('S5g: a session is saved as a file that proves that it is whole', async (context) => {
  needBrowser(context)
  await page.getByRole('button', { name: 'More about this session' }).click()
  const saved = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export' }).click()
  const file = await saved
  expect(file.suggestedFilename()).toBe('trips-june.jsonl')
  const lines = (await readFile(await file.path(), 'utf8')).split('\n').filter((line) => line !== '')
  const report = await verifyExport(
    (async function* () {
      yield* lines
    })(),
  )
  expect(report).toMatchObject({ ok: true })
})

test('C2f: what waits is put in another order', async (context) => {
  needBrowser(context)
  const session = stage.client.session('queue')
  await session.create({ agent: 'slow', metadata: { title: 'Queue' } })
  for (const words of ['first', 'second', 'third']) await session.send(words)
  await page.goto(`${stage.url}/#/s/queue`)
  const queue = page.getByTestId('queue')
  await queue.getByText('third').waitFor()
  expect(await queue.locator('.queue-snippet').allTextContents()).toEqual(['second', 'third'])
  await queue.getByRole('button', { name: 'Sooner for slow: third' }).click()
  await expect.poll(() => queue.locator('.queue-snippet').allTextContents()).toEqual(['third', 'second'])
  await queue.getByRole('button', { name: 'Later for slow: third' }).click()
  await expect.poll(() => queue.locator('.queue-snippet').allTextContents()).toEqual(['second', 'third'])
  await everyWay(page, 'queue-order')
  goOn.resolve()
  await queue.waitFor({ state: 'detached' })
})

test('P6: sessions are found by what they are called, by what was said, and by how they stand', async (context) => {
  needBrowser(context)
  await page.goto(`${stage.url}/#/`)
  await page.getByRole('heading', { name: 'Pick up where you left off' }).waitFor()
  await page.keyboard.press('f')
  await page.keyboard.type('trip')
  await expect.poll(rows).toEqual(expect.arrayContaining(['trips/may', 'trips/june']))
  expect(await rows()).toHaveLength(2)
  await page.getByRole('searchbox', { name: 'Search' }).fill('lighthouse')
  await page.getByTestId('found').getByText('The lighthouse opens at nine.').waitFor()
  await everyWay(page, 'search')
  await page.getByTestId('found').getByRole('link').click()
  await page.getByTestId('replay-bar').waitFor()
  await page.getByTestId('message').getByText('The lighthouse opens at nine.').waitFor()
  await page.getByRole('searchbox', { name: 'Search' }).press('Escape')
  await expect.poll(async () => (await rows()).length).toBe(4)
  await page.goto(`${stage.url}/#/s/trips%2Fjune`)
  goOn = Promise.withResolvers()
  await stage.client.session('queue').send('fourth')
  await page.getByRole('radio', { name: 'Working' }).check({ force: true })
  await expect.poll(rows).toEqual(['queue'])
  goOn.resolve()
  const bob = connect({ url: stage.url, token: await stage.mint('bob', 'user') })
  await bob.session('trips/may').post('I would take the train, too.')
  await bob.close()
  await page.getByRole('radio', { name: 'Unread' }).check({ force: true })
  // What was said in the queue since is new to Ada, too.
  await expect.poll(async () => new Set(await rows())).toEqual(new Set(['queue', 'trips/may']))
  await stage.client.session('notes').update({ archived: true })
  await page.getByRole('radio', { name: 'Archived' }).check({ force: true })
  await expect.poll(rows).toEqual(['notes'])
})

test('what is sent to an agent that is not there says so until it comes', async (context) => {
  needBrowser(context)
  const session = stage.client.session('asked')
  await session.create({ agent: 'absent', metadata: { title: 'Asked' } })
  await session.send('Are you there?')
  await page.goto(`${stage.url}/#/s/asked`)
  const answer = page.locator('[data-testid=answer][data-agent=absent]')
  const why = answer.getByText('Nobody works as absent now. It waits until somebody does.')
  await why.waitFor()
  await everyWay(page, 'agent-absent')
  await stage.agent('absent', (run) => run.text('Now I am.'))
  await answer.getByText('Now I am.').waitFor()
  expect(await why.count()).toBe(0)
})
