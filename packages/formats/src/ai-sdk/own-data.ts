/**
 * What the AI SDK says and sessions have no kind of part for: `data` parts with names of their own, so that it comes out as
 * it went in.
 */
import type { Json, JsonObject } from '@headrace/core'

export const ownData = {
  /** `{ mediaType, title, filename? }`. */
  document: 'source-document',
  /** `{ kind, providerMetadata? }`. */
  custom: 'ai-sdk:custom',
  /** What the metadata of the message is merged with. */
  metadata: 'ai-sdk:metadata',
} as const

/** The value as an object with these texts, if it is one. */
export function withTexts<const Name extends string>(
  value: Json,
  names: readonly Name[],
): (JsonObject & { readonly [K in Name]: string }) | undefined {
  if (!isObject(value) || names.some((name) => typeof value[name] !== 'string')) return undefined
  return value as JsonObject & { readonly [K in Name]: string } // looked at above
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Merged as the AI SDK merges metadata: objects field by field, all else is replaced. */
export function merged(before: unknown, more: unknown): unknown {
  if (!isObject(before) || !isObject(more)) return more
  const fields = Object.entries(more).map(([name, value]) => [
    name,
    Object.hasOwn(before, name) ? merged(before[name], value) : value,
  ])
  return { ...before, ...Object.fromEntries(fields) }
}
