/** Subscriptions to streams at `/v1/stream/__ds/`. Errors carry the protocol's own words. */
import {
  HeadraceError,
  clientId,
  formatOffset,
  parseOffset,
  type Ack,
  type Grant,
  type JsonObject,
  type Schema,
  type SubscriptionConfig,
  type SubscriptionState,
} from '@headrace/core'
import { covers } from '../auth/covers.ts'
import { readWakeToken } from '../streams/wake-token.ts'
import type { WakeToken } from '../streams/wake-token.ts'
import type { WebhookJwk } from '../streams/webhook-keys.ts'
import { bearerToken } from './bearer.ts'
import { forbidden } from './forbidden.ts'
import { readJson } from './http-body.ts'
import { adviceHeaders, json, type Reply } from './http-reply.ts'
import { mustAllow, type HttpServices } from './http-services.ts'
import { streamsUnder } from './stream-options.ts'
import {
  claimBody,
  createBody,
  proofBody,
  readConfig,
  readLinkedPath,
  streamsBody,
  type ProofBody,
} from './stream-subscription-bodies.ts'
import { baseOf } from './stream-base.ts'
import {
  decodeSegment,
  type Answer,
  type Method,
  type OpenRoute,
  type RawCall,
  type Route,
  type TokenRoute,
} from './http-route.ts'

const controlRoot = '/v1/stream/__ds/'

export function callbackUrl(base: string, name: string): string {
  return `${base}${controlRoot}subscriptions/${name}/callback`
}

const parameters: Readonly<Record<string, JsonObject>> = {
  subscription: clientId.json,
  path: { type: 'string', minLength: 1, maxLength: 512 },
}

export function subscriptionRoutes(services: HttpServices): readonly Route[] {
  const { streams: served } = services
  const { subscriptions, webhookKey } = served
  const { bodyBytes } = services.limits

  return [
    open('GET', 'jwks.json', undefined, async () => {
      const { jwk } = await webhookKey()
      const headers = { 'Content-Type': 'application/jwk-set+json', 'Cache-Control': 'public, max-age=300' }
      return { status: 200, headers, body: JSON.stringify({ keys: [jwk] satisfies WebhookJwk[] }) }
    }),

    managed('PUT', '', createBody, async (call, grant, name) => {
      mustAllow(grant, nameOf(name), 'admin')
      const config = readConfig(createBody.parse(await readJson(call.request, bodyBytes), 'body'))
      mustReadAll(grant, config)
      const base = baseOf(call, served.publicUrl)
      const { state, created } = await subscriptions.create(grant.tenant, name, { config, base })
      return json(created ? 201 : 200, await shown(grant, state))
    }),
    managed('GET', '', undefined, async (_call, grant, name) => {
      mustAllow(grant, nameOf(name), 'read')
      return json(200, await shown(grant, await subscriptions.get(grant.tenant, name)))
    }),
    managed('DELETE', '', undefined, async (_call, grant, name) => {
      mustAllow(grant, nameOf(name), 'admin')
      await subscriptions.remove(grant.tenant, name)
      return { status: 204 }
    }),
    managed('POST', '/streams', streamsBody, async (call, grant, name) => {
      mustAllow(grant, nameOf(name), 'admin')
      const body = streamsBody.parse(await readJson(call.request, bodyBytes), 'body')
      const paths = body.streams.map(readLinkedPath)
      for (const path of paths) mustAllow(grant, `${streamsUnder}${path}`, 'read')
      await subscriptions.link(grant.tenant, name, paths)
      return { status: 204 }
    }),
    managed('DELETE', '/streams/{path}', undefined, async (call, grant, name) => {
      mustAllow(grant, nameOf(name), 'admin')
      await subscriptions.unlink(grant.tenant, name, readLinkedPath(decodeSegment(call.segments['path'] ?? '', 'path')))
      return { status: 204 }
    }),
    managed('POST', '/claim', claimBody, async (call, grant, name) => {
      mustAllow(grant, nameOf(name), 'post')
      const { worker } = claimBody.parse(await readJson(call.request, bodyBytes), 'body')
      return json(200, await subscriptions.claim(grant.tenant, name, worker))
    }),

    // Whoever holds the wake shows its token, which is good for nothing else.
    proven('callback', async (name, token, body) => json(200, await acknowledge(name, token, body))),
    proven('ack', async (name, token, body) => json(200, await acknowledge(name, token, body))),
    proven('release', async (name, token, body) => {
      await subscriptions.release(name, token, { wake: body.wake_id, generation: body.generation })
      return { status: 204 }
    }),
  ]

  async function acknowledge(name: string, token: WakeToken, body: ProofBody): Promise<JsonObject> {
    const acks = (body.acks ?? []).map(({ stream, path, offset }): Ack => {
      const seq = parseOffset(offset)
      if (seq !== undefined) return { path: readLinkedPath(stream ?? path ?? ''), seq }
      throw new HeadraceError('out_of_order', 'That is no offset of a stream.', {
        detail: { reason: 'INVALID_OFFSET' },
      })
    })
    const { wake_id: wake, generation, done = false } = body
    return { ok: true, next_wake: await subscriptions.acknowledge(name, token, { wake, generation, acks, done }) }
  }

  async function shown(grant: Grant, state: SubscriptionState): Promise<unknown> {
    const { config, name, createdAt, wake, links } = state
    return {
      id: name,
      subscription_id: name,
      type: config.type,
      ...(config.pattern !== undefined && { pattern: config.pattern }),
      // Whoever may look at the subscription may still not see all that it does.
      streams: links
        .filter(({ path }) => grant.capabilities.some((capability) => mayRead(capability, path)))
        .map(({ path, by, acked }) => ({
          path,
          link_type: by.includes('explicit') ? 'explicit' : 'glob',
          acked_offset: formatOffset(acked),
        })),
      ...(config.url !== undefined && {
        webhook: {
          url: config.url,
          signing: {
            alg: 'ed25519',
            kid: (await webhookKey()).jwk.kid,
            jwks_url: `${state.base}${controlRoot}jwks.json`,
          },
        },
      }),
      ...(config.wakeStream !== undefined && { wake_stream: config.wakeStream }),
      lease_ttl_ms: config.leaseMs,
      created_at: new Date(createdAt).toISOString(),
      status: wake?.status === 'calling' && wake.tries > 0 ? 'failed' : 'active',
      ...(config.description !== undefined && { description: config.description }),
    }
  }

  function managed(
    method: Method,
    rest: string,
    body: Schema<unknown> | undefined,
    run: (call: RawCall, grant: Grant, name: string) => Promise<Answer>,
  ): TokenRoute {
    return {
      method,
      path: `${controlRoot}subscriptions/{subscription}${rest}`,
      parameters,
      access: 'token',
      ...(body && { body: body.json }),
      anonymous: (call) => served.anonymous(`__ds/subscriptions/${call.segments['subscription'] ?? ''}`),
      handle: (call, grant) => inOwnWords(services, () => run(call, grant, readName(call))),
    }
  }

  function proven(
    action: 'callback' | 'ack' | 'release',
    run: (name: string, token: WakeToken, body: ProofBody) => Promise<Reply>,
  ): OpenRoute {
    return open('POST', `subscriptions/{subscription}/${action}`, proofBody, async (call) => {
      const token = readWakeToken(bearerToken(call.request))
      const name = readName(call)
      return run(name, token, proofBody.parse(await readJson(call.request, bodyBytes), 'body'))
    })
  }

  function open(
    method: Method,
    rest: string,
    body: Schema<unknown> | undefined,
    run: (call: RawCall) => Promise<Reply>,
  ): OpenRoute {
    return {
      method,
      path: `${controlRoot}${rest}`,
      parameters,
      access: 'public',
      ...(body && { body: body.json }),
      handle: (call) => inOwnWords(services, () => run(call)),
    }
  }
}

function readName({ segments }: RawCall): string {
  return clientId.parse(decodeSegment(segments['subscription'] ?? '', 'subscription'), 'path.subscription')
}

/** In the patterns of a token. */
function nameOf(name: string): string {
  return `${streamsUnder}__ds/subscriptions/${name}`
}

/** Nobody is told of streams that they may not read, nor lets the server write where they may not. */
function mustReadAll(grant: Grant, { pattern, streams, wakeStream }: SubscriptionConfig): void {
  for (const path of streams) mustAllow(grant, `${streamsUnder}${path}`, 'read')
  if (wakeStream !== undefined) mustAllow(grant, `${streamsUnder}${wakeStream}`, 'post')
  if (pattern === undefined) return
  // A pattern of tokens knows `**` at its end only: what is wider is asked for.
  const at = pattern.split('/').indexOf('**')
  const wider = at === -1 ? pattern : [...pattern.split('/').slice(0, at), '**'].join('/')
  const isCovered = grant.capabilities.some(
    ({ sessions, verbs }) => verbs.includes('read') && covers(sessions, `${streamsUnder}${wider}`),
  )
  if (!isCovered) throw forbidden('read', `${streamsUnder}${wider}`)
}

function mayRead({ sessions, verbs }: Grant['capabilities'][number], path: string): boolean {
  return verbs.includes('read') && covers(sessions, `${streamsUnder}${path}`)
}

async function inOwnWords(services: HttpServices, run: () => Promise<Answer>): Promise<Answer> {
  try {
    return await run()
  } catch (thrown) {
    const error = services.publicError(thrown)
    const { reason, ...detail } = error.detail ?? {}
    const word = typeof reason === 'string' ? reason : (words[error.code] ?? error.code.toUpperCase())
    return json(error.status, { error: { code: word, message: error.message, ...detail } }, adviceHeaders(error))
  }
}

const words: Readonly<Record<string, string>> = {
  bad_request: 'INVALID_REQUEST',
  frame_too_large: 'INVALID_REQUEST',
  unauthenticated: 'TOKEN_INVALID',
  token_expired: 'TOKEN_EXPIRED',
}
