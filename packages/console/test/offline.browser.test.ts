/** What can be read and written without a server, on a real one that goes away. With HEADRACE_SHOTS=<folder> it writes pictures. */
import type { Json } from '@headrace/core'
import { emptyFloor } from '@headrace/factory'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test, type TestContext } from 'vitest'
import { byId, readyTask } from './fixture/desk-stage.ts'
import { desktopLight, everyWay, phoneDark } from './fixture/every-way.ts'
import { finding } from './fixture/prose.ts'
import { RealStage } from './fixture/real-stage.ts'
import { noBrowser } from './fixture/stage.ts'

let stage: RealStage
let device: BrowserContext
let page: Page

beforeAll(async () => {
  if (noBrowser !== undefined) return
  stage = await RealStage.set()
  await stage.agent('guide', (run) => run.text(finding))
  const { client } = stage
  for (const [id, title] of [
    ['trips/may', 'A trip in May'],
    ['trips/june', 'A trip in June'],
  ] as const) {
    await client.session(id).create({ agent: 'guide', metadata: { title } })
    await client.session(id).send(`Where to, in ${id}?`)
    await client.session(id).until(({ view }) => view.runs[0]?.status === 'ended')
  }
  const floor = {
    ...emptyFloor,
    lanes: [{ name: 'alpha', kind: 'feature', oversight: 'merge', wip: 1 }],
    tasks: byId([readyTask('T1', { title: 'Cut a list into pieces' })]),
  }
  await client.session('factory/seen/floor').create({ agent: 'foreman.seen' })
  const fields = Object.entries(floor) as readonly (readonly [string, Json])[] // a floor is JSON
  await client
    .session('factory/seen/floor')
    .patch(fields.map(([field, value]) => ({ op: 'add' as const, path: `/${field}`, value })))
  page = await stage.open('trips/may')
  device = page.context()
  await live()
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
})
afterEach(() => {
  // The browser says of each request that there is no network.
  const complaints = stage?.complaints.splice(0) ?? []
  expect(complaints.filter((said) => !/ERR_INTERNET_DISCONNECTED|Failed to load resource/.test(said))).toEqual([])
})
afterAll(() => stage?.strike())

function needBrowser(context: TestContext): void {
  if (noBrowser !== undefined) context.skip(noBrowser)
}

const live = () => page.locator('[data-testid=session][data-status=live]').waitFor()
const note = () => page.getByTestId('kept')
/** All that the browser keeps: names, and everything as text. */
const stored = (): Promise<readonly (readonly [string, string])[]> =>
  page.evaluate(
    () =>
      new Promise<[string, string][]>((resolve, reject) => {
        const opening = indexedDB.open('headrace')
        opening.onerror = () => reject(new Error('IndexedDB did not open.'))
        opening.onsuccess = () => {
          const found: [string, string][] = []
          const cursor = opening.result.transaction('kept').objectStore('kept').openCursor()
          cursor.onsuccess = () => {
            if (!cursor.result) {
              opening.result.close()
              return resolve(found)
            }
            // The console's own: it has texts as keys.
            const { data } = cursor.result.value as { data: ArrayBuffer }
            found.push([cursor.result.key as string, new TextDecoder('latin1').decode(data)])
            cursor.result.continue()
          }
        }
      }),
  )
const kept = async (): Promise<readonly string[]> =>
  (await stored()).map(([name]) => name.split('/').slice(1).join('/'))
/** Whose it is: something that stands for their token. */
const owners = async (): Promise<readonly string[]> => [
  ...new Set((await stored()).map(([name]) => name.split('/')[0] ?? '')),
]

test('a session is read without a server as it was seen last, and what is written waits and is sent once', async (context) => {
  needBrowser(context)
  await expect.poll(kept).toContain('view/trips/may')
  await device.setOffline(true)
  await page.reload()
  await note()
    .getByText(/^Offline, as of .*\./)
    .waitFor()
  await page.getByTestId('answer').getByText('What changed').waitFor()
  await page.getByRole('link', { name: /^A trip in June/ }).waitFor()
  const field = page.getByRole('textbox', { name: 'Message' })
  await field.fill('I write this in a tunnel.')
  await field.press('Enter')
  await page.getByTestId('pending').getByText('Waiting to be sent').waitFor()
  await everyWay(page, 'kept')
  await expect.poll(async () => (await kept()).filter((name) => name.startsWith('command/')).length).toBe(1)
  await page.reload()
  await note().waitFor()
  await page.getByTestId('pending').getByText('I write this in a tunnel.').waitFor()
  // What was never open here says so, and is no blank page.
  await page.getByRole('link', { name: /^A trip in June/ }).click()
  await page.getByText('This session was not open here lately.').waitFor()
  await everyWay(page, 'unseen')
  await page.goBack()
  await page.getByTestId('pending').waitFor()
  await device.setOffline(false)
  await live()
  await note().waitFor({ state: 'detached' })
  await page.getByTestId('message').getByText('I write this in a tunnel.').waitFor()
  await page.getByTestId('pending').waitFor({ state: 'detached' })
  const { messages } = stage.client.session('trips/may').getSnapshot()
  expect(messages.filter(({ parts }) => JSON.stringify(parts).includes('tunnel')).length).toBeLessThan(2)
  const page1 = await stage.client.view('trips/may')
  expect(page1.messages.filter(({ parts }) => JSON.stringify(parts).includes('tunnel'))).toHaveLength(1)
  await expect.poll(async () => (await kept()).filter((name) => name.startsWith('command/')).length).toBe(0)
})

test('without a server a floor is as it was seen last, and every page says what it can’t show', async (context) => {
  needBrowser(context)
  const to = (address: string): Promise<unknown> => page.goto(`${stage.url}/#/${address}`)
  const task = page.locator('[data-testid=board] [data-task=T1]')
  await to('s/factory%2Fseen%2Ffloor')
  await task.waitFor()
  await expect.poll(kept).toContain('view/factory/seen/floor')
  await device.setOffline(true)
  await page.reload()
  await note()
    .getByText(/^Offline, as of .*\./)
    .waitFor()
  await task.getByText('Cut a list into pieces').waitFor()
  // Whether somebody is at work there can't be known.
  expect(await page.getByTestId('floor-unattended').count()).toBe(0)
  await everyWay(page, 'kept-floor')
  await to('s/factory%2Fseen%2Ffloor?ledger')
  await note().waitFor()
  await page.getByText('Nothing was tried yet').waitFor()
  const unseen = page.getByText('This was not open here lately.')
  for (const address of [
    's/factory%2Funseen%2Ffloor',
    's/factory%2Funseen%2Ffloor?ledger',
    's/trips%2Fjune?inspect',
    's/trips%2Fjune?at=3',
  ]) {
    await to(address)
    await unseen.waitFor()
  }
  await everyWay(page, 'unseen-page', desktopLight)
  await to('inbox')
  await unseen.waitFor({ state: 'detached' })
  await page.reload()
  await page.getByTestId('inbox').getByText('What waits for you can’t be seen without the server.').waitFor()
  await everyWay(page, 'unseen-inbox', phoneDark)
  await device.setOffline(false)
  await page.getByRole('heading', { name: 'Nothing waits for you' }).waitFor()
  await page.goto(`${stage.url}/#/s/trips%2Fmay`)
  await live()
})

test('A3: what is kept can’t be read without the token', async (context) => {
  needBrowser(context)
  const token = await page.evaluate(() => sessionStorage.getItem('headrace.token') ?? '')
  expect(token).not.toBe('')
  const all = JSON.stringify(await stored())
  for (const secret of ['What changed', 'tunnel', 'A trip in June', token]) expect(all).not.toContain(secret)
  expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain(token)
})

test('L7: what was taken out of a session is taken out of what is kept', async (context) => {
  needBrowser(context)
  const session = stage.client.session('trips/may')
  await session.post('The code of the safe is 4711.')
  await page.getByTestId('message').getByText('The code of the safe is 4711.').waitFor()
  const { messages } = await stage.client.view('trips/may')
  await session.redact(messages.at(-1)!.id)
  await page.getByText('The code of the safe is 4711.').waitFor({ state: 'detached' })
  await expect.poll(kept).toContain('view/trips/may')
  await device.setOffline(true)
  await page.reload()
  await page.getByTestId('message').getByText('I write this in a tunnel.').waitFor()
  expect(await page.getByText('4711').count()).toBe(0)
  await device.setOffline(false)
  await live()
})

test('S5: a session that is erased while it is open says so, and is not kept', async (context) => {
  needBrowser(context)
  await page.getByRole('link', { name: /^A trip in June/ }).click()
  await live()
  await expect.poll(kept).toContain('view/trips/june')
  await stage.client.deleteSession('trips/june')
  await page.getByRole('heading', { name: 'There is no such session' }).waitFor()
  await expect.poll(kept).not.toContain('view/trips/june')
  expect(await kept()).toContain('view/trips/may')
})

test('A1: with another token nothing of the last one is kept, and nothing after leaving or when it is taken back', async (context) => {
  needBrowser(context)
  const [before] = await owners()
  const bob = await stage.mint('bob', 'user')
  await page.goto(`${stage.url}/#token=${bob}&session=trips%2Fmay`)
  await expect.poll(owners).not.toContain(before)
  await live()
  expect((await owners()).length).toBe(1)
  await expect.poll(kept).toContain('view/trips/may')
  await page.getByRole('button', { name: 'Leave' }).click()
  await page.getByRole('heading', { name: 'Open your console' }).waitFor()
  await expect.poll(kept).toEqual([])
  await page.goto(`${stage.url}/#token=${await stage.mint('eve', 'user')}&session=trips%2Fmay`)
  await live()
  await expect.poll(kept).toContain('view/trips/may')
  await stage.client.revoke({ actor: 'user:eve' })
  await page.getByRole('alert').waitFor()
  await expect.poll(kept).toEqual([])
  // It is reported beside the page that says it.
  await expect.poll(() => stage.complaints.filter((said) => !said.includes('revoked'))).toEqual([])
  stage.complaints.length = 0
  await device.setOffline(true)
  await page.reload()
  await page.getByRole('heading', { name: 'Open your console' }).or(page.getByText('not open here lately')).waitFor()
  expect(await page.getByText('tunnel').count()).toBe(0)
})

test('A1: a token that expires while the page is open leads to the door, with the reason', async (context) => {
  needBrowser(context)
  await device.setOffline(false)
  const token = await stage.mint('dora', 'user', undefined, 3)
  await page.goto(`${stage.url}/#token=${token}&session=trips%2Fmay`)
  // A machine that is busy may open the page only when it is over.
  await page.locator('[data-testid=session][data-status=live]').or(page.getByRole('alert')).waitFor()
  await page.getByRole('alert').getByText('Your token has expired.').waitFor()
  await page.getByRole('textbox', { name: 'Or paste the link, or the token itself' }).waitFor()
  await expect.poll(kept).toEqual([])
  // It is reported beside the page that says it; and so is the last token, once the network is there again.
  expect(
    stage.complaints.filter((said) => !/expired|revoked|ERR_INTERNET_DISCONNECTED|Failed to load resource/.test(said)),
  ).toEqual([])
  stage.complaints.length = 0
})
