import type { IncomingMessage } from 'node:http'
import { HeadraceError, subprotocol } from '@headrace/core'
import { isLoopbackHost } from '../auth/loopback.ts'
import { bearerToken } from './bearer.ts'
import { json, problem, type Reply } from './http-reply.ts'
import { openRoute, type Route } from './http-route.ts'
import { mustBeAdmin, type HttpServices } from './http-services.ts'

export interface SystemOptions {
  /** Rejects, or throws, while the server should get no traffic. */
  readonly ready: () => void | Promise<void>
}

/** For whoever runs the server. */
export function systemRoutes({ metrics, access, traffic }: HttpServices, { ready }: SystemOptions): readonly Route[] {
  return [
    openRoute('GET /healthz', 'probe', async () => json(200, { status: 'ok' })),

    openRoute('GET /readyz', 'probe', async () => {
      await ready()
      return json(200, { status: 'ready' })
    }),

    openRoute('GET /v1/connect', 'public', async () => {
      const error = new HeadraceError(
        'unsupported_version',
        `This is a WebSocket: connect with the subprotocol ${subprotocol}.`,
      )
      return problem(error, { Upgrade: 'websocket' })
    }),

    openRoute('GET /metrics', 'public', async ({ request }): Promise<Reply> => {
      if (!isLocal(request)) {
        mustBeAdmin(
          await access.admit({ token: bearerToken(request) }, 'read', traffic.addressOf(request)),
          'Metrics are',
        )
      }
      const { contentType, text } = await metrics.expose()
      return { status: 200, headers: { 'Content-Type': contentType }, body: text }
    }),
  ]
}

/** Asked from this machine, and not through a proxy on it. */
function isLocal({ socket, headers }: IncomingMessage): boolean {
  const isForwarded = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'].some((name) => headers[name] !== undefined)
  return !isForwarded && socket.remoteAddress !== undefined && isLoopbackHost(socket.remoteAddress)
}
