import { HeadraceError, integer, object, optional, string, type Schema } from '@headrace/core'
import { digits } from './http-query.ts'
import { json } from './http-reply.ts'
import { route, type Route } from './http-route.ts'
import type { HttpServices } from './http-services.ts'

const maxQueryChars = 512
const cursor = optional(string({ min: 1, max: 512 }))

/** Its own text: whoever pastes a page into a search should read what to do. */
const words: Schema<string> = {
  parse(value, path = '') {
    const text = string({ min: 1 }).parse(value, path)
    if (text.length <= maxQueryChars) return text
    const message = `A search may have ${maxQueryChars} characters (searchChars), not ${text.length}. Look for fewer words.`
    const detail = { path, limit: 'searchChars', allowed: maxQueryChars, actual: text.length }
    throw new HeadraceError('bad_request', message, { detail })
  },
  json: { type: 'string', minLength: 1, maxLength: maxQueryChars },
}

/** What goes across sessions: finding messages, and what waits for the caller. */
export function searchRoutes({ hub }: HttpServices): readonly Route[] {
  return [
    route(
      'GET /v1/search',
      { query: object({ q: words, limit: optional(digits(integer(1, 100))), cursor }) },
      async ({ query: { q, limit = 20, ...from }, grant }) =>
        json(200, await hub.history.search(grant, { query: q, limit, ...from })),
    ),

    route(
      'GET /v1/inbox',
      { query: object({ limit: optional(digits(integer(1, 200))), cursor }) },
      async ({ query: { limit = 50, ...from }, grant }) =>
        json(200, await hub.history.inbox(grant, { limit, ...from })),
    ),
  ]
}
