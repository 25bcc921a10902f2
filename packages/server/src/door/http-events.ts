import { HeadraceError, integer, object, oneOf, optional, sessionKey, string, type SessionKey } from '@headrace/core'
import { EventStream } from './event-stream.ts'
import { defaultWaitMs } from './http-limits.ts'
import { digits } from './http-query.ts'
import { rawJson, streamed, type Reply } from './http-reply.ts'
import { route, type Answer, type Call, type Route } from './http-route.ts'
import { mustAllow, type HttpServices } from './http-services.ts'

const seq = digits(integer(0, Number.MAX_SAFE_INTEGER))

interface EventsQuery {
  readonly after?: number
  readonly limit?: number
  readonly live?: 'sse' | 'long-poll'
  readonly waitMs?: number
  readonly ticket?: string
  readonly history?: 'sparse'
}

type EventsCall = Call<{ readonly session: string }, EventsQuery, undefined>

/** Reading the log: at once, waiting for more, or as a stream. */
export function eventRoutes(services: HttpServices): readonly Route[] {
  const query = object({
    after: optional(seq),
    limit: optional(digits(integer(1, 10_000))),
    live: optional(oneOf('sse', 'long-poll')),
    waitMs: optional(digits(integer(0, services.limits.waitMs))),
    history: optional(oneOf('sparse')),
    // It was looked at before this.
    ticket: optional(string({ max: 128 })),
  })
  const takesTicket = (parameters: URLSearchParams): boolean => parameters.get('live') === 'sse'
  return [
    route('GET /v1/sessions/{session}/events', { query, takesTicket }, async (call): Promise<Answer> => {
      mustAllow(call.grant, call.params.session, 'read')
      const { live, limit, waitMs, history } = call.query
      if (live !== undefined) refuseWith('history', history, 'whoever follows a session goes on from its view')
      if (live === 'sse') {
        refuseWith('limit', limit, 'a stream has no end')
        refuseWith('waitMs', waitMs, 'a stream waits for ever')
        return streamEvents(services, call)
      }
      if (live === 'long-poll') return pollEvents(services, call)
      refuseWith('waitMs', waitMs, 'it needs live=long-poll')
      return page(services, await readEvents(services, call))
    }),
  ]
}

function keyOf({ grant, params }: EventsCall): SessionKey {
  return sessionKey(grant.tenant, params.session)
}

interface EventPage {
  readonly events: readonly string[]
  readonly head: number
}

async function readEvents({ hub, limits }: HttpServices, call: EventsCall): Promise<EventPage> {
  const { after = 0, limit = 1_000, history } = call.query
  const from = { after, maxEvents: limit, maxChars: limits.pageChars, sparse: history === 'sparse' }
  const found = await hub.events(keyOf(call), call.grant, from)
  mustReach(after, found.head)
  return found
}

function page({ metrics }: HttpServices, { events, head }: EventPage): Reply {
  const body = `{"events":[${events.join(',')}],"head":${head}}`
  metrics.meter.delivered(events.length, body.length)
  return rawJson(200, body)
}

/** Answers when there is an event, when the time is over, or when the door closes. */
async function pollEvents(services: HttpServices, call: EventsCall): Promise<Reply> {
  const { hub, clock, waits, traffic } = services
  const { after = 0, waitMs = defaultWaitMs } = call.query
  const key = keyOf(call)
  const now = await readEvents(services, call)
  const ms = Math.min(waitMs, call.grant.expiresAt - clock.now())
  if (now.events.length > 0 || ms <= 0 || call.request.method === 'HEAD') return page(services, now)

  const wait = waits.open(call.grant, call.response, traffic.addressOf(call.request))
  try {
    const { promise: woken, resolve: wake } = Promise.withResolvers<void>()
    const follower = await hub.follow(key, call.grant, { after, wake })
    const cancel = clock.after(ms, wake)
    wait.signal.addEventListener('abort', () => wake())
    try {
      // What came between the read above and following wakes nobody.
      if (!wait.signal.aborted && !(await follower.next())) await woken
    } finally {
      cancel()
      follower.close()
    }
    wait.signal.throwIfAborted()
    return page(services, await readEvents(services, call))
  } finally {
    wait.close()
  }
}

async function streamEvents(services: HttpServices, call: EventsCall): Promise<typeof streamed> {
  const key = keyOf(call)
  // A browser's EventSource repeats the address it was given, and says in this header how far it came.
  const resumed = call.request.headers['last-event-id']
  const after = resumed ? seq.parse(resumed, 'Last-Event-ID') : (call.query.after ?? 0)
  mustReach(after, (await services.hub.view(key, call.grant)).seq)
  await EventStream.open(services, { key, after, grant: call.grant, request: call.request, response: call.response })
  return streamed
}

/** A seq that the log does not have yet was not got from this log. */
function mustReach(after: number, head: number): void {
  if (after <= head) return
  const text = `after is ${after}, but this log ends at ${head}: it is not the one that you read. Read it again from after=0.`
  throw new HeadraceError('bad_request', text, { detail: { path: 'query.after', after, head } })
}

function refuseWith(name: string, value: unknown, reason: string): void {
  if (value === undefined) return
  throw new HeadraceError('bad_request', `query.${name} must be left out here: ${reason}.`, {
    detail: { path: `query.${name}` },
  })
}
