import { HeadraceError, integer, object, oneOf, optional, string, type ListQuery, type Schema } from '@headrace/core'
import { digits } from './http-query.ts'

/** Which sessions a list has. */
export type SessionsQuery = Omit<ListQuery, 'tenant' | 'limit'> & { readonly limit?: number }

const fields = object({
  limit: optional(digits(integer(1, 1_000))),
  cursor: optional(string({ min: 1, max: 512 })),
  status: optional(oneOf('active', 'waiting', 'idle')),
  archived: optional(oneOf('true', 'false', 'any')),
})
const prefix = 'metadata.'
/** Most fields of the metadata that a list asks for. */
const maxFields = 8

/** Parameters named `metadata.<field>` ask for a value; all others are known by name. */
export const listQuery: Schema<SessionsQuery> = {
  parse(value, path = '') {
    const all = Object.entries(value as Readonly<Record<string, string>>) // a query string is nothing else
    const metadata = all.filter(([name]) => name.startsWith(prefix) && name.length > prefix.length)
    if (metadata.length > maxFields) {
      const text = `A list may ask for ${maxFields} fields of the metadata, not ${metadata.length}.`
      throw new HeadraceError('bad_request', text, { detail: { path, limit: 'metadataFilters', allowed: maxFields } })
    }
    const rest = all.filter((entry) => !metadata.includes(entry))
    const { archived = 'false', ...known } = fields.parse(Object.fromEntries(rest), path)
    const asked = metadata.map(([name, text]) => [name.slice(prefix.length), parseValue(text)] as const)
    return {
      ...known,
      ...(archived !== 'any' && { archived: archived === 'true' }),
      ...(asked.length > 0 && { metadata: Object.fromEntries(asked) }),
    }
  },
  json: fields.json,
}

/** A number, `true` or `false` is that; a text that looks like one is put in quotes. */
function parseValue(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true'
  if (/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text)) return Number(text)
  return /^".*"$/s.test(text) ? text.slice(1, -1) : text
}
