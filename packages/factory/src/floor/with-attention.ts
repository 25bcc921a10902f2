import type { FloorDocument } from './floor-document.ts'

/**
 * The floor with the attention that its files say; the same one where they say nothing new. What a person has said since counts
 * until the files say something else.
 */
export function withAttention(floor: FloorDocument, lanes: number | undefined): FloorDocument {
  return lanes === undefined || lanes === floor.filesAttention
    ? floor
    : { ...floor, attention: lanes, filesAttention: lanes }
}
