/** What waits for somebody, and the page as an app, on a real server. With HEADRACE_SHOTS=<folder> it writes pictures. */
import { connect } from '@headrace/client'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test, type TestContext } from 'vitest'
import { everyWay } from './fixture/every-way.ts'
import { RealStage } from './fixture/real-stage.ts'
import { noBrowser } from './fixture/stage.ts'

let stage: RealStage
let page: Page
/** What the deployer was told. */
const answers: unknown[] = []
const goOn = Promise.withResolvers<void>()

beforeAll(async () => {
  if (noBrowser !== undefined) return
  stage = await RealStage.set()
  await stage.agent('deployer', async (run) => {
    answers.push(
      await run.approve(
        { tool: 'deploy', version: '4.18' },
        { title: 'Deploy 4.18 to production?', expiresMs: 3_600_000 },
      ),
    )
  })
  await stage.agent('planner', async (run) => {
    answers.push(await run.ask('Which week?', { type: 'string', enum: ['This one', 'The next one'] }))
  })
  let tries = 0
  await stage.agent('fragile', async (run) => {
    tries += 1
    if (tries === 1) throw new Error('The rate service does not answer.')
    // What it says is new to Ada, and would wait for her in its turn.
    await goOn.promise
    await run.text('Now it did.')
  })
  const { client } = stage
  for (const [id, title, agent] of [
    ['team/deploy', 'Deploy', 'deployer'],
    ['team/plan', 'Plan', 'planner'],
    ['team/rates', 'Rates', 'fragile'],
  ] as const) {
    await client.session(id).create({ agent, metadata: { title } })
    await client.session(id).send('Begin.')
  }
  const bob = connect({ url: stage.url, token: await stage.mint('bob', 'user') })
  await bob.session('team/talk').create({ metadata: { title: 'Talk' } })
  await bob.session('team/talk').post({ text: 'Ada, have a look at this.', mentions: ['operator:ada'] })
  await bob.close()
  await client.session('team/rates').until(({ view }) => view.runs[0]?.status === 'ended')
  page = await stage.open()
  await page.locator('[data-testid=inbox-count]').getByText('4').waitFor()
})
afterEach(() => expect(stage?.complaints.splice(0) ?? []).toEqual([]))
afterAll(() => stage?.strike())

function needBrowser(context: TestContext): void {
  if (noBrowser !== undefined) context.skip(noBrowser)
}

const entry = (session: string) => page.locator(`[data-testid=inbox-entry][data-session="${session}"]`)

test('P5b: what waits in all sessions stands in one place, by urgency, and is settled there', async (context) => {
  needBrowser(context)
  expect(await page.title()).toBe('(4) Sessions · Headrace')
  await page.keyboard.press('i')
  await entry('team/deploy').getByText('deployer asks').waitFor()
  await entry('team/rates').getByText('fragile ended: The rate service does not answer.').waitFor()
  await entry('team/talk').getByText('Ada, have a look at this.').waitFor()
  // What runs out comes before what does not; questions before failures, and those before what is only said.
  const order = await page
    .getByTestId('inbox-entry')
    .evaluateAll((all) => all.map((each) => each.getAttribute('data-session')))
  expect(order).toEqual(['team/deploy', 'team/plan', 'team/rates', 'team/talk'])
  await everyWay(page, 'inbox')
  await entry('team/deploy').getByRole('button', { name: 'Approve' }).click()
  await entry('team/deploy').waitFor({ state: 'detached' })
  await entry('team/plan').getByRole('button', { name: 'The next one' }).click()
  await entry('team/plan').waitFor({ state: 'detached' })
  await entry('team/rates').getByRole('button', { name: 'Try again' }).click()
  await entry('team/rates').waitFor({ state: 'detached' })
  await entry('team/talk').getByRole('button', { name: 'Mark as seen' }).click()
  await page.getByText('What agents ask you').waitFor()
  await expect.poll(() => answers).toEqual([true, 'The next one'])
  await expect.poll(() => page.title()).toBe('Inbox · Headrace')
  await everyWay(page, 'inbox-empty')
  goOn.resolve()
  await entry('team/rates').getByText('1 message, from: Now it did.').waitFor()
})

test('P5: what is read in one place is unread nowhere', async (context) => {
  needBrowser(context)
  const row = page.locator('[data-session="team/talk"]')
  const bob = connect({ url: stage.url, token: await stage.mint('bob', 'user') })
  await bob.session('team/talk').post('One thing more.')
  await bob.close()
  await page.locator('[data-session="team/talk"][data-unread]').first().waitFor()
  await row.first().click()
  await page.getByTestId('message').getByText('One thing more.').waitFor()
  await page.locator('[data-session="team/talk"]:not([data-unread])').waitFor()
})

test('P4: a device asks to be told while the page is closed, and not any more', async (context) => {
  needBrowser(context)
  const device = await stage.context({ permissions: ['notifications'] })
  // There is no push service without a network: the browser's part of it is played here, the server's is real.
  await device.addInitScript(() => {
    let there: object | null = null
    const subscription = {
      endpoint: 'https://push.example.com/device-1',
      toJSON: () => ({
        endpoint: 'https://push.example.com/device-1',
        keys: { p256dh: 'B'.padEnd(87, 'A'), auth: 'a'.padEnd(22, 'A') },
      }),
      unsubscribe: async () => {
        there = null
        return true
      },
    }
    PushManager.prototype.getSubscription = async () => there as PushSubscription | null // what of it the page uses
    PushManager.prototype.subscribe = async () => (there = subscription) as unknown as PushSubscription // the same
  })
  const told = await device.newPage()
  const token = await stage.mint('ada', 'operator')
  await told.goto(`${stage.url}/#token=${token}`)
  await told.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
  await told.goto(`${stage.url}/#/inbox`)
  const subscriptions = async (): Promise<unknown> => {
    const answer = await fetch(`${stage.url}/v1/push/subscriptions`, { headers: { authorization: `Bearer ${token}` } })
    return answer.json()
  }
  await told.getByRole('button', { name: 'Tell this device' }).click()
  await told.getByRole('button', { name: 'This device is told' }).waitFor()
  expect(await subscriptions()).toMatchObject({ subscriptions: [{ endpoint: 'https://push.example.com/device-1' }] })
  await told.getByRole('button', { name: 'This device is told' }).click()
  await told.getByRole('button', { name: 'Tell this device' }).waitFor()
  expect(await subscriptions()).toEqual({ subscriptions: [] })
  await device.close()
})

test('the page opens without a network once it was open with one', async (context) => {
  needBrowser(context)
  const device = await stage.context()
  const away = await device.newPage()
  await away.goto(`${stage.url}/#token=${await stage.mint('ada', 'operator')}&session=team%2Ftalk`)
  await away.getByTestId('message').getByText('One thing more.').waitFor()
  await away.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
  const manifest = await away.evaluate(() =>
    fetch(document.querySelector<HTMLLinkElement>('link[rel=manifest]')?.href ?? '').then((answer) => answer.json()),
  )
  expect(manifest).toMatchObject({ name: 'Headrace', display: 'standalone' })
  await device.setOffline(true)
  await away.reload()
  await away.locator('[data-testid=connection][data-state=offline]').waitFor()
  await away.getByRole('link', { name: 'Inbox' }).waitFor()
  await device.setOffline(false)
  await away.getByTestId('message').getByText('One thing more.').waitFor()
  await device.close()
  stage.complaints.length = 0 // the browser says that there is no network
})
