/**
 * A stream as server-sent events: `data` with what there is, and after each a `control` that says where the reader stands.
 *
 *   reading ──nothing left──▶ waiting ──there is more──▶ reading
 *      │                         └──heartbeat: a comment; after a minute: ended, and the reader comes back
 *      ├──the socket is full──▶ stalled ──drained──▶ reading
 *      │                            └──30 s without progress──▶ cut (slow_consumer)
 *      └──the end of what is closed──▶ ended
 */
import { formatOffset, HeadraceError } from '@headrace/core'
import type { ServerResponse } from 'node:http'
import { StringDecoder } from 'node:string_decoder'
import { nextCursor } from './stream-cursor.ts'
import { streamed } from './http-reply.ts'
import type { HttpServices } from './http-services.ts'
import type { StreamReading } from './stream-read.ts'
import type { Wait } from './http-waits.ts'

const nothing = Buffer.alloc(0)
/** About how much goes into one event. */
const eventChars = 65_536

export async function streamSse(services: HttpServices, reading: StreamReading): Promise<typeof streamed> {
  const { waits, traffic, metrics } = services
  const { call, grant, query, source } = reading
  const after = query.offset === 'now' ? source.tail() : query.offset
  const wait = waits.open(grant, call.response, traffic.addressOf(call.request))
  let stop: () => void
  let wake = (): void => undefined
  try {
    stop = await source.follow(after, () => wake())
  } catch (thrown) {
    wait.close()
    throw thrown
  }
  call.response.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-cache',
    'X-Accel-Buffering': 'no',
    'Cross-Origin-Resource-Policy': 'same-origin',
    ...(!source.isText && { 'Stream-SSE-Data-Encoding': 'base64' }),
  })
  call.response.flushHeaders()
  metrics.meter.connected('sse', 1)
  const onWake = (run: () => void): void => {
    wake = run
  }
  void write({ services, reading, wait, after, onWake })
    .catch((thrown: unknown) => {
      const error = HeadraceError.from(thrown)
      if (error.code === 'internal') services.publicError(error)
    })
    .finally(() => {
      stop()
      wait.close()
      metrics.meter.connected('sse', -1)
      call.response.end()
    })
  return streamed
}

interface Writing {
  readonly services: HttpServices
  readonly reading: StreamReading
  readonly wait: Wait
  readonly after: number
  readonly onWake: (run: () => void) => void
}

async function write({ services, reading, wait, after, onWake }: Writing): Promise<void> {
  const { clock, limits, metrics } = services
  const { call, grant, query, source } = reading
  const { response } = call
  const ends = Math.min(clock.now() + limits.streamSseMs, grant.expiresAt)
  const textOf = source.isText ? wholeCharacters() : toBase64
  let position = after
  let isToldOfEnd = false
  for (;;) {
    // Before it reads: what comes while it does must wake it.
    const more = Promise.withResolvers<void>()
    onWake(more.resolve)
    const page = await source.read(position, eventChars)
    const isAtEnd = page.next >= source.tail()
    const isOver = isAtEnd && source.isClosed()
    if (!page.isEmpty || isOver || (isAtEnd && !isToldOfEnd)) {
      position = page.next
      isToldOfEnd = isAtEnd
      const cursor = nextCursor(clock.now(), query.cursor, Math.random())
      const data = textOf(page.isEmpty ? nothing : page.body, isOver)
      const text = `${data === '' ? '' : dataEvent(data)}${controlEvent(position, { cursor, isAtEnd, isOver })}`
      metrics.meter.delivered(page.isEmpty ? 0 : 1, text.length)
      if (!response.write(text)) await drained(services, response, wait)
    }
    if (isOver || wait.signal.aborted) return
    if (!isAtEnd) continue
    const rest = ends - clock.now()
    if (rest <= 0) return
    const isWoken = await wokenWithin(Math.min(rest, limits.heartbeatMs), { services, wait, more: more.promise })
    if (wait.signal.aborted) return
    if (!isWoken) response.write(':\n\n')
  }
}

function toBase64(body: Buffer): string {
  return body.toString('base64')
}

/** Whoever appends may cut a text anywhere: the beginning of a character waits for the rest of it. */
function wholeCharacters(): (body: Buffer, isEnd: boolean) => string {
  const decoder = new StringDecoder('utf8')
  return (body, isEnd) => decoder.write(body) + (isEnd ? decoder.end() : '')
}

function dataEvent(text: string): string {
  // Each line of it is a line of the event; a carriage return alone is the end of a line too.
  const lines = text.split(/\r\n|\r|\n/).map((line) => `data:${line}`)
  return `event: data\n${lines.join('\n')}\n\n`
}

function controlEvent(
  position: number,
  { cursor, isAtEnd, isOver }: { readonly cursor: string; readonly isAtEnd: boolean; readonly isOver: boolean },
): string {
  const control = {
    streamNextOffset: formatOffset(position),
    ...(isOver ? { streamClosed: true } : { streamCursor: cursor, ...(isAtEnd && { upToDate: true }) }),
  }
  return `event: control\ndata:${JSON.stringify(control)}\n\n`
}

async function wokenWithin(
  ms: number,
  { services, wait, more }: { readonly services: HttpServices; readonly wait: Wait; readonly more: Promise<void> },
): Promise<boolean> {
  const over = Promise.withResolvers<boolean>()
  const onAbort = (): void => over.resolve(true)
  const cancel = services.clock.after(ms, () => over.resolve(false))
  wait.signal.addEventListener('abort', onAbort)
  try {
    return await Promise.race([more.then(() => true), over.promise])
  } finally {
    cancel()
    wait.signal.removeEventListener('abort', onAbort)
  }
}

/** Waits for the socket to be empty; cuts a reader that took nothing in all that time. */
function drained({ clock, limits, metrics }: HttpServices, response: ServerResponse, wait: Wait): Promise<void> {
  return new Promise((resolve) => {
    let cancel = (): void => undefined
    const settle = (): void => {
      cancel()
      response.off('drain', settle)
      wait.signal.removeEventListener('abort', settle)
      resolve()
    }
    const watch = (unsent: number): void => {
      cancel = clock.after(limits.stallMs, () => {
        if (response.writableLength < unsent) return watch(response.writableLength)
        metrics.meter.cut('slow_consumer')
        response.destroy()
      })
    }
    response.on('drain', settle)
    wait.signal.addEventListener('abort', settle)
    if (wait.signal.aborted) settle()
    else watch(response.writableLength)
  })
}
