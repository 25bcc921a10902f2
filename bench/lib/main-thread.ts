import type { Browser } from 'playwright-core'

/** What the main thread of the page did in one piece. */
interface Task {
  /** As the reader's clock has it, ms. On a machine that does much else, more than half of it may be waiting. */
  readonly ms: number
  /** Of the processor, ms. */
  readonly cpuMs: number
}

export interface MainThread {
  /** Tasks that took over 50 ms. */
  readonly longTasks: number
  /** Those that took the processor for over 50 ms: what the page itself is to blame for. */
  readonly longCpuTasks: number
  readonly longestMs: number
  readonly longestCpuMs: number
  /** Processor time of all tasks, s. */
  readonly cpuSeconds: number
}

interface TraceEvent {
  readonly name: string
  readonly ph: string
  readonly pid: number
  readonly tid: number
  readonly dur?: number
  readonly tdur?: number
  readonly args?: { readonly name?: string }
}

/**
 * Records each task of the browser's pages by its tracing, until the result is called. Only one page should be open;
 * Chromium's own, such as its address bar, are in processes of another name.
 */
export async function traceMainThread(browser: Browser): Promise<() => Promise<MainThread>> {
  await browser.startTracing(undefined, { categories: ['disabled-by-default-devtools.timeline'] })
  return async () => {
    // Chromium's trace event format.
    const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] }
    const named = (kind: string, wanted: string): readonly TraceEvent[] =>
      traceEvents.filter(({ name, args }) => name === kind && args?.name === wanted)
    const pages = new Set(named('process_name', 'Renderer').map(({ pid }) => pid))
    const threads = new Set(
      named('thread_name', 'CrRendererMain')
        .filter(({ pid }) => pages.has(pid))
        .map(({ pid, tid }) => `${pid}/${tid}`),
    )
    const tasks: readonly Task[] = traceEvents
      .filter(({ name, ph, pid, tid }) => name === 'RunTask' && ph === 'X' && threads.has(`${pid}/${tid}`))
      .map(({ dur = 0, tdur = 0 }) => ({ ms: dur / 1_000, cpuMs: tdur / 1_000 }))
    if (tasks.length === 0) throw new Error('The browser recorded no task of a page.')
    return {
      longTasks: tasks.filter(({ ms }) => ms > 50).length,
      longCpuTasks: tasks.filter(({ cpuMs }) => cpuMs > 50).length,
      longestMs: tasks.reduce((most, { ms }) => Math.max(most, ms), 0),
      longestCpuMs: tasks.reduce((most, { cpuMs }) => Math.max(most, cpuMs), 0),
      cpuSeconds: tasks.reduce((sum, { cpuMs }) => sum + cpuMs, 0) / 1_000,
    }
  }
}
