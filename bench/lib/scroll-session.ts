/** What a page does while somebody scrolls through a session of thousands of messages. */
import { connect } from '@headrace/client'
import type { Browser } from 'playwright-core'
import type { BareBrowser } from './bare-browser.ts'
import { traceMainThread, type MainThread } from './main-thread.ts'

export interface Scrolled {
  /** Until its end is on the screen, with the processor slowed down four times, ms. */
  readonly readyMs: number
  /** From the end to the beginning, all pages of older messages included, s. */
  readonly seconds: number
  readonly thread: MainThread
  /** 99 of 100 frames took less than this, ms. */
  readonly frameMs: number
  readonly longestFrameMs: number
  /** Most elements on the page. */
  readonly nodes: number
  /** What scripts hold at the end, MB. */
  readonly heapMb: number
}

/** A session is on the screen, live. */
export const shown = '[data-testid=session][data-status=live] [data-testid=message]'
const session = 'bench/long'
/** Px that are scrolled in a frame: nearly a screen, as when somebody pulls the bar. */
const stepPx = 1_000
/** At the top without being at the beginning for so long, nothing older comes any more. */
const patienceMs = 30_000

/** Fills a session. Its messages are of different lengths; each fiftieth has a table and code. */
export async function fillSession(url: string, token: string, messages: number): Promise<void> {
  const client = connect({ url, token })
  const long = client.session(session)
  await long.create()
  for (let first = 0; first < messages; first += 200)
    await Promise.all(
      Array.from({ length: Math.min(200, messages - first) }, (_, index) => long.post(words(first + index))),
    )
  await client.close()
}

function words(number: number): string {
  const text = `Message ${number}. ${'It says this and that about the matter at hand. '.repeat(number % 9)}`
  return number % 50 === 0 ? `${text}\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\n\`\`\`ts\nconst a = 1\n\`\`\`` : text
}

export interface ScrollOptions {
  readonly browser: Browser
  /** Sees how long until the session is there. */
  readonly bare: BareBrowser
  readonly url: string
  readonly token: string
}

export async function scrollSession({ browser, bare, url, token }: ScrollOptions): Promise<Scrolled> {
  const starting = await bare.open({ slowdown: 4, shown })
  const start = `${url}/#${new URLSearchParams({ token, session }).toString()}`
  await starting.visit(start)
  const readyMs = await starting.visit(`${url}/#/s/${encodeURIComponent(session)}`)
  await starting.close()

  const page = await browser.newPage({ viewport: { width: 1_440, height: 900 } })
  const devTools = await page.context().newCDPSession(page)
  await page.goto(start)
  await page.locator(shown).first().waitFor()
  const stopTracing = await traceMainThread(browser)
  const { frames, nodes, seconds } = await page.evaluate(scrollToBeginning, { stepPx, patienceMs })
  const thread = await stopTracing()
  await devTools.send('HeapProfiler.collectGarbage')
  const heap = await page.evaluate(
    () => (performance as unknown as { memory: { usedJSHeapSize: number } }).memory.usedJSHeapSize, // Chromium has it
  )
  await page.close()
  frames.sort((a, b) => a - b)
  return {
    readyMs,
    seconds,
    thread,
    frameMs: frames[Math.floor(frames.length * 0.99)] ?? Number.NaN,
    longestFrameMs: frames.at(-1) ?? Number.NaN,
    nodes,
    heapMb: heap / 1e6,
  }
}

/** Runs in the page: scrolls a step in each frame until the session begins. */
async function scrollToBeginning(how: {
  readonly stepPx: number
  readonly patienceMs: number
}): Promise<{ readonly frames: number[]; readonly nodes: number; readonly seconds: number }> {
  const box = document.querySelector('[role=log]')
  if (!box) throw new Error('There is no conversation on the page.')
  const frames: number[] = []
  let nodes = 0
  const begun = performance.now()
  let last = begun
  let moved = begun
  while (box.scrollTop > 0 || !box.querySelector('.older-begin')) {
    if (box.scrollTop > 0) moved = last
    if (last - moved > how.patienceMs)
      throw new Error(`Nothing older comes: ${box.querySelector('.older')?.textContent}`)
    box.scrollTop -= how.stepPx
    await new Promise((resolve) => requestAnimationFrame(resolve))
    const now = performance.now()
    frames.push(now - last)
    last = now
    if (frames.length % 10 === 0) nodes = Math.max(nodes, document.querySelectorAll('*').length)
  }
  return { frames, nodes, seconds: (performance.now() - begun) / 1_000 }
}
