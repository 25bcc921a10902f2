import { HeadraceError } from '@headrace/core'
import type { Route } from './http-route.ts'

export type Match =
  | { readonly kind: 'route'; readonly route: Route; readonly segments: Readonly<Record<string, string>> }
  /** The path is known, but not with this method. */
  | { readonly kind: 'method'; readonly allow: string }
  | { readonly kind: 'none' }

export interface Router {
  match(method: string, path: string): Match
  /** The error for a path that no route has. */
  notFound(method: string, path: string): HeadraceError
}

/** Finds the route of a request. HEAD goes where GET goes. */
export function createRouter(routes: readonly Route[]): Router {
  const table = routes.map((route) => ({ route, pattern: route.path.split('/') }))

  return {
    match(method, path) {
      const have = path.split('/')
      const found = table.flatMap(({ route, pattern }) => {
        const segments = fit(pattern, have)
        return segments ? [{ route, segments }] : []
      })
      if (found.length === 0) return { kind: 'none' }
      const wanted = method === 'HEAD' ? 'GET' : method
      const hit = found.find(({ route }) => route.method === wanted)
      return hit ? { kind: 'route', ...hit } : { kind: 'method', allow: allowed(found.map(({ route }) => route)) }
    },
    notFound(method, path) {
      const known = routes.map((route) => `${route.method} ${route.path}`)
      const text = `There is no ${method.slice(0, 16)} ${path.slice(0, 200)}. GET /v1/openapi.json says what there is. An id is one segment: write its slashes as %2F.`
      return new HeadraceError('not_found', text, { detail: { routes: known } })
    },
  }
}

function fit(pattern: readonly string[], have: readonly string[]): Readonly<Record<string, string>> | undefined {
  // The path of a stream has slashes of its own: it takes all that is left.
  const takesRest = pattern.at(-1) === '{path}'
  if (takesRest && have.length > pattern.length) {
    const start = pattern.length - 1
    return fit(pattern, [...have.slice(0, start), have.slice(start).join('/')])
  }
  if (pattern.length !== have.length) return undefined
  const segments: Record<string, string> = {}
  for (const [index, want] of pattern.entries()) {
    const segment = have[index] ?? ''
    if (want.startsWith('{')) segments[want.slice(1, -1)] = segment
    else if (want !== segment) return undefined
  }
  return segments
}

function allowed(routes: readonly Route[]): string {
  const methods = routes.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
  return [...methods, 'OPTIONS'].join(', ')
}
