/** Takes the pictures of the README from the demos as people start them, light and dark. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { findChromium, launch } from './browser.ts'
import { headrace, lines } from './server.ts'

const into = join(import.meta.dirname, '../../docs/pictures')
const size = { width: 1280, height: 800 }

/** Starts a demo, and gives back what it prints when it is ready. */
async function start(args: readonly string[]): Promise<{ readonly line: unknown; stop(): Promise<void> }> {
  const child: ChildProcess = headrace([...args, '--port', '0', '--json'])
  const ready = await lines(child).next()
  if (ready.done) throw new Error(`headrace ${args.join(' ')} did not start.`)
  return {
    line: JSON.parse(ready.value) as unknown,
    async stop() {
      const ended = once(child, 'exit')
      child.kill()
      await ended
    },
  }
}

async function take(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    // Without motion nothing is halfway from one theme to the other.
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.screenshot({ path: join(into, `${name}-${colorScheme}.png`) })
    console.log(`docs/pictures/${name}-${colorScheme}.png`)
  }
}

/** Two agents that answer in one session at the same time. */
async function session(page: Page): Promise<void> {
  const data = await mkdtemp(join(tmpdir(), 'headrace-pictures-'))
  const demo = await start(['demo', '--scripted', '--data', data])
  try {
    const { links } = demo.line as { readonly links: { readonly operator: string } } // printed by the command
    await page.goto(links.operator)
    const answer = (agent: string, state: string) =>
      page.locator(`[data-testid="answer"][data-agent="${agent}"][data-state="${state}"]`).last()
    await answer('writer', 'complete').waitFor({ timeout: 90_000 })
    for (const agent of ['writer', 'critic']) await page.getByRole('checkbox', { name: agent }).check()
    const question = 'What happens when an agent crashes in the middle of an answer?'
    await page.getByRole('textbox', { name: 'Message' }).fill(question)
    await page.getByRole('button', { name: 'Send' }).click()
    // Some lines of the one that is done first, so that both are at work.
    await answer('critic', 'working')
      .filter({ hasText: /^[^]{300}/ })
      .waitFor()
    await take(page, 'session')
  } finally {
    await demo.stop()
    await rm(data, { recursive: true, force: true })
  }
}

/** A floor in the middle of its work. */
async function floor(page: Page): Promise<void> {
  const demo = await start(['factory', 'demo'])
  try {
    const { link } = demo.line as { readonly link: string } // printed by the command
    await page.goto(link)
    // The dreamer has looked at one file again and again by then, and others are at the gate.
    await page.getByText('In circles, ').waitFor({ timeout: 120_000 })
    await take(page, 'floor')
  } finally {
    await demo.stop()
  }
}

const chromium = findChromium()
if ('missing' in chromium) throw new Error(chromium.missing)
const browser = await launch(chromium.path)
try {
  for (const picture of [session, floor]) await picture(await browser.newPage({ viewport: size }))
} finally {
  await browser.close()
}
