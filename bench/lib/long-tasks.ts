import type { Page } from 'playwright-core'

/** Notes the tasks of the page's main thread that take over 50 ms. The result gives what has been noted so far, in ms. */
export async function watchLongTasks(page: Page): Promise<() => Promise<readonly number[]>> {
  await page.evaluate(() => {
    const found: number[] = []
    Object.assign(globalThis, { longTasks: found })
    new PerformanceObserver((list) => list.getEntries().forEach(({ duration }) => found.push(duration))).observe({
      type: 'longtask',
    })
  })
  return () => page.evaluate(() => (globalThis as unknown as { longTasks: number[] }).longTasks)
}
