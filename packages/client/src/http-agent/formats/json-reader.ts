import type { Chunk, Decoder } from '@headrace/formats'
import { failed, quoted } from '../failure.ts'
import type { AnswerReader, Ask } from '../wire-format.ts'

export interface JsonReaderOptions {
  readonly decoder: Decoder<unknown>
  /** Looks at each event before the decoder does; returns whether it is the last one. */
  readonly look?: (event: unknown) => boolean
  readonly asks?: readonly Ask[]
  readonly elsewhere?: ReadonlySet<string>
}

/** Reads an answer whose events are JSON, up to `[DONE]` where there is one. */
export function createJsonReader({ decoder, look, asks = [], elsewhere = new Set() }: JsonReaderOptions): AnswerReader {
  let isOver = false
  return {
    push({ data }): readonly Chunk[] {
      if (data === '[DONE]') {
        isOver = true
        return []
      }
      const event = parse(data)
      if (look?.(event) === true) isOver = true
      return decoder.push(event)
    },
    end: () => decoder.end(),
    get isOver() {
      return isOver
    },
    asks,
    elsewhere,
  }
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch (thrown) {
    throw failed(`sent an event that is no JSON: ${quoted(data)}.`, {}, thrown)
  }
}

/** The string that stands under a key of an event; `undefined` where there is none. */
export function textAt(event: unknown, key: string): string | undefined {
  const value = fieldAt(event, key)
  return typeof value === 'string' ? value : undefined
}

export function fieldAt(event: unknown, key: string): unknown {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) return undefined
  return (event as Readonly<Record<string, unknown>>)[key] // an object that is no array
}
