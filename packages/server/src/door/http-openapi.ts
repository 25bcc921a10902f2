import { rawJson } from './http-reply.ts'
import { openRoute, type Route } from './http-route.ts'
import { openApiDocument } from './openapi/document.ts'

/** The description of all routes, its own included. It says nothing that the sources don't, so it needs no token. */
export function documentRoute(others: readonly Route[]): Route {
  let text: string | undefined
  const route = openRoute('GET /v1/openapi.json', 'public', async () => {
    text ??= JSON.stringify(openApiDocument([...others, route]))
    return rawJson(200, text)
  })
  return route
}
