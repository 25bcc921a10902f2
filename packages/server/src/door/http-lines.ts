import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Grant } from '@headrace/core'
import { streamed } from './http-reply.ts'
import type { HttpServices } from './http-services.ts'

export interface LinesTarget {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly grant: Grant
}

/**
 * Sends lines of JSON as fast as the caller takes them: no more is read meanwhile. What fails on the way breaks the answer
 * off, so that half of something is not taken for the whole.
 */
export async function streamLines(
  services: HttpServices,
  { request, response, grant }: LinesTarget,
  pages: AsyncGenerator<readonly string[]>,
): Promise<typeof streamed> {
  const { waits, traffic, limits, clock, metrics } = services
  const wait = waits.open(grant, response, traffic.addressOf(request))
  try {
    // What fails at once is answered as an error.
    let page = await pages.next()
    wait.signal.throwIfAborted()
    response.writeHead(200, { 'Content-Type': 'application/x-ndjson; charset=utf-8', 'X-Accel-Buffering': 'no' })
    while (request.method !== 'HEAD' && page.done !== true) {
      const text = page.value.map((line) => `${line}\n`).join('')
      metrics.meter.delivered(page.value.length, text.length)
      if (text !== '' && !response.write(text)) await drained()
      wait.signal.throwIfAborted()
      page = await pages.next()
    }
    response.end()
  } catch (thrown) {
    const reason: unknown = wait.signal.aborted ? wait.signal.reason : thrown
    if (!response.headersSent) throw reason
    services.publicError(reason)
    response.destroy()
  } finally {
    wait.close()
    await pages.return(undefined)
  }
  return streamed

  /** A caller that takes nothing for long is cut off. */
  async function drained(): Promise<void> {
    const cancel = clock.after(limits.stallMs, () => {
      metrics.meter.cut('slow_consumer')
      response.destroy()
    })
    await once(response, 'drain', { signal: wait.signal }).finally(cancel)
  }
}
