import { HeadraceError, type Schema } from '@headrace/core'

/**
 * Makes an object of the parameters of a query string. A parameter that comes twice is refused: two readers of the same
 * request could take different ones.
 */
export function readQuery(query: string): Readonly<Record<string, string>> {
  const parameters = new URLSearchParams(query)
  for (const name of new Set(parameters.keys())) {
    if (parameters.getAll(name).length > 1) {
      const shown = name.slice(0, 100)
      throw new HeadraceError('bad_request', `query.${shown} must be given once.`, {
        detail: { path: `query.${shown}` },
      })
    }
  }
  return Object.fromEntries(parameters)
}

/** A whole number as it stands in a query string or header. */
export function digits(number: Schema<number>): Schema<number> {
  return {
    parse: (value, path) =>
      number.parse(typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value, path),
    json: number.json,
  }
}
