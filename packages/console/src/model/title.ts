import type { JsonObject } from '@headrace/core'

/** What a session is called: the title in its metadata, or its id. */
export function titleOf(metadata: JsonObject, id: string): string {
  const { title } = metadata
  return typeof title === 'string' && title.trim() !== '' ? title : id
}
