import type { IncomingMessage } from 'node:http'
import { HeadraceError, sessionKey } from '@headrace/core'
import { readBytes } from './http-body.ts'
import { json, type Reply } from './http-reply.ts'
import { route, type Route } from './http-route.ts'
import { mustAllow, type HttpServices } from './http-services.ts'

/** What a browser may show; all else is saved to a file. */
const images = ['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif']
/** Most blobs that are in memory at the same time. */
const maxAtOnce = 16

/** Content of sessions that is too large for events. */
export function blobRoutes({ hub, limits }: HttpServices): readonly Route[] {
  let underWay = 0

  async function oneOfFew(task: () => Promise<Reply>): Promise<Reply> {
    if (underWay >= maxAtOnce) {
      const text = `${maxAtOnce} blobs are on their way already (blobsAtOnce). Try again in a moment.`
      throw new HeadraceError('too_many_requests', text, { detail: { limit: 'blobsAtOnce', allowed: maxAtOnce } })
    }
    underWay += 1
    try {
      return await task()
    } finally {
      underWay -= 1
    }
  }

  return [
    route('PUT /v1/sessions/{session}/blobs', {}, async ({ request, params: { session }, grant }) => {
      mustAllow(grant, session, 'post')
      const key = sessionKey(grant.tenant, session)
      await hub.view(key, grant) // rejects where there is no session, before anything is read
      const mediaType = typeOf(request)
      return oneOfFew(async () => {
        const bytes = await readBytes(request, { limit: 'blobBytes', maxBytes: limits.blobBytes })
        if (bytes.length === 0) throw new HeadraceError('bad_request', 'The body is empty; a blob has content.')
        return json(201, await hub.history.putBlob(key, { mediaType, bytes }))
      })
    }),

    route('GET /v1/sessions/{session}/blobs/{blob}', {}, async ({ params: { session, blob }, grant }) => {
      mustAllow(grant, session, 'read')
      return oneOfFew(async () => {
        const { mediaType, bytes } = await hub.history.getBlob(sessionKey(grant.tenant, session), blob)
        const isImage = images.includes(mediaType.toLowerCase())
        return {
          status: 200,
          headers: {
            'Content-Type': mediaType,
            'Content-Disposition': isImage ? 'inline' : 'attachment',
            // Somebody in the session chose what is in it: nothing of it runs here.
            'Content-Security-Policy': "sandbox; default-src 'none'; frame-ancestors 'none'",
          },
          body: bytes,
        }
      })
    }),
  ]
}

function typeOf({ headers }: IncomingMessage): string {
  const type = headers['content-type'] ?? 'application/octet-stream'
  if (!/^[\w.+-]{1,100}\/[\w.+-]{1,100}(?:;[\x20-\x7e]{0,50})?$/.test(type)) {
    throw new HeadraceError('bad_request', 'Content-Type must be a media type such as application/pdf.', {
      detail: { path: 'Content-Type' },
    })
  }
  if (!['', 'identity'].includes(headers['content-encoding'] ?? '')) {
    throw new HeadraceError('bad_request', 'The body must not be compressed: send it without Content-Encoding.')
  }
  return type
}
