import type { HeadraceError } from '@headrace/core'
import type { Gate } from './gate.ts'

/** So many origins are told of: anybody can make up more. */
const maxTold = 16

/**
 * Tells once of each origin whose pages are refused. A browser hides the reason from the page and from whoever writes it: all
 * they see is that nothing connects.
 */
export function tellRefusedPages(gate: Gate, tell: (error: HeadraceError) => void): Gate {
  const told = new Set<string>()
  return {
    corsHeaders: (request) => gate.corsHeaders(request),
    check(request) {
      const refused = gate.check(request)
      const { origin } = request.headers
      if (refused?.code !== 'origin_not_allowed' || origin === undefined) return refused
      if (told.has(origin) || told.size >= maxTold) return refused
      told.add(origin)
      tell(refused)
      return refused
    },
  }
}
