/**
 * A Chromium that nothing looks into while a page starts. A driver such as Playwright has the debugger on in each page, for
 * which the browser parses scripts once more to know places in them, and puts a script of its own into the page to find
 * elements: together they doubled what the main thread has to do until the console is there. This one asks nothing but what
 * the page itself has noted.
 */
import { once } from 'node:events'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startChild } from './child.ts'

export interface BareBrowser extends AsyncDisposable {
  /** Opens a page, with nothing kept from any other. */
  open(options: BarePageOptions): Promise<BarePage>
}

export interface BarePageOptions {
  /** How much slower the processor is for the page. */
  readonly slowdown: number
  /** An element of this selector is what is waited for. */
  readonly shown: string
}

export interface BarePage {
  /** Goes to an address. Gives how long until the frame is painted that shows what is waited for, ms. */
  visit(url: string): Promise<number>
  evaluate(expression: string): Promise<unknown>
  close(): Promise<void>
}

/** How long a page may take. */
const patienceMs = 60_000
const lookMs = 50

export async function startBareBrowser(chromium: string, directory: string): Promise<BareBrowser> {
  const profile = `--user-data-dir=${path.join(directory, 'chromium')}`
  const args = [
    '--headless=new',
    '--no-sandbox',
    '--disable-gpu',
    '--no-first-run',
    '--remote-debugging-port=0',
    profile,
  ]
  const child = await startChild(chromium, args, 'DevTools listening on ')
  const socket = new WebSocket(child.line.slice(child.line.indexOf('ws:')))
  await once(socket, 'open')
  const waiting = new Map<number, PromiseWithResolvers<Answer>>()
  let count = 0
  socket.addEventListener('message', ({ data }) => {
    const { id, result, error } = JSON.parse(String(data)) as Message // DevTools protocol
    if (id === undefined) return
    if (error) waiting.get(id)?.reject(new Error(error.message))
    else waiting.get(id)?.resolve(result ?? {})
    waiting.delete(id)
  })
  const send = (method: string, params: object = {}, sessionId?: string): Promise<Answer> => {
    count += 1
    const answer = Promise.withResolvers<Answer>()
    waiting.set(count, answer)
    socket.send(JSON.stringify({ id: count, method, params, sessionId }))
    return answer.promise
  }

  return {
    async open({ slowdown, shown }) {
      const { browserContextId } = await send('Target.createBrowserContext')
      const place = { url: 'about:blank', browserContextId, width: 1_440, height: 900 }
      const { targetId } = await send('Target.createTarget', place)
      const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true })
      const evaluate = async (expression: string): Promise<unknown> => {
        const { result } = await send('Runtime.evaluate', { expression, returnByValue: true }, sessionId)
        return result?.value
      }
      await send('Page.enable', {}, sessionId)
      await send('Page.addScriptToEvaluateOnNewDocument', { source: watch(shown) }, sessionId)
      await send('Emulation.setCPUThrottlingRate', { rate: slowdown }, sessionId)
      return {
        async visit(url) {
          await send('Page.navigate', { url: 'about:blank' }, sessionId)
          await send('Page.navigate', { url }, sessionId)
          for (let waited = 0; waited < patienceMs; waited += lookMs) {
            const at = await evaluate(`performance.getEntriesByName('bench-shown')[0]?.startTime`)
            if (typeof at === 'number') return at
            await sleep(lookMs)
          }
          throw new Error(`${url} did not show ${shown} within ${patienceMs} ms.`)
        },
        evaluate,
        close: async () => void (await send('Target.disposeBrowserContext', { browserContextId })),
      }
    },
    async [Symbol.asyncDispose]() {
      socket.close()
      await child[Symbol.asyncDispose]()
    },
  }
}

interface Answer {
  readonly browserContextId?: string
  readonly targetId?: string
  readonly sessionId?: string
  readonly result?: { readonly value?: unknown }
}

interface Message {
  readonly id?: number
  readonly result?: Answer
  readonly error?: { readonly message: string }
}

/** A script for the page: a change shows it, the frame after that paints it. */
function watch(shown: string): string {
  return `new MutationObserver((_, observer) => {
    if (!document.querySelector(${JSON.stringify(shown)})) return
    observer.disconnect()
    requestAnimationFrame(() => setTimeout(() => performance.mark('bench-shown')))
  }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-status'] })`
}
