import type { JsonObject } from '@headrace/core'
import { floorPlace } from '@headrace/factory/floor'
import { text } from '../text.ts'

/** What a session is called: a floor by its own name, any other by the title in its metadata, or by its id. */
export function titleOf(metadata: JsonObject, id: string): string {
  const place = floorPlace(id)
  if (place?.part === 'floor') return text.floor.title(place.floor)
  const { title } = metadata
  return typeof title === 'string' && title.trim() !== '' ? title : id
}
