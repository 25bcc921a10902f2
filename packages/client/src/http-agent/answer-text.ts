import { HeadraceError } from '@headrace/core'
import type { Clock } from '../clock.ts'
import { failed } from './failure.ts'
import { timed } from './timed.ts'

export interface AnswerLimits {
  readonly clock: Clock
  readonly idleMs: number
  readonly totalMs: number
  readonly maxBytes: number
  /** Whether all has been said: then the end of the connection is waited for only for a moment. */
  readonly isOver: () => boolean
}

/** After the last word most servers close at once; some never do. */
const closeMs = 2_000

/**
 * The text of an answer as it comes, to its end. Reads only when it is asked for more, and time counts only meanwhile.
 *
 * @throws HeadraceError `upstream_failed` when it is too long, too slow, breaks off, or is no UTF-8
 */
export async function* answerText(
  body: ReadableStream<Uint8Array> | null,
  limits: AnswerLimits,
): AsyncGenerator<string, void, undefined> {
  if (!body) return
  const { clock, totalMs, maxBytes, isOver } = limits
  const reader = body.getReader()
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let bytes = 0
  let leftMs = totalMs
  let isRead = false
  try {
    for (;;) {
      const began = clock.now()
      const next = await read(reader, limits, leftMs)
      leftMs -= Math.max(0, clock.now() - began)
      if (next.done) break
      bytes += next.value.length
      if (bytes > maxBytes) {
        const detail = { limit: 'maxBytes', allowed: maxBytes }
        throw failed(`sent more than ${maxBytes} bytes (maxBytes), so the rest was left unread.`, detail)
      }
      try {
        yield decode(decoder, next.value)
      } catch (thrown) {
        yield wholePart(next.value)
        throw thrown
      }
    }
    isRead = true
    yield decode(decoder)
  } catch (thrown) {
    if (!isOver()) throw thrown // what goes wrong after the last word takes nothing away
  } finally {
    // Left early: the endpoint must know that nobody reads on.
    if (!isRead) reader.cancel().catch(() => undefined)
  }
}

type Reader = ReadableStreamDefaultReader<Uint8Array>

async function read(reader: Reader, limits: AnswerLimits, leftMs: number): ReturnType<Reader['read']> {
  const { clock, idleMs, totalMs, isOver } = limits
  const ms = Math.min(isOver() ? closeMs : idleMs, Math.max(0, leftMs))
  const late = (): Error =>
    ms === idleMs
      ? failed(`was silent for ${idleMs} ms in the middle of its answer (idleMs).`)
      : failed(`had not finished its answer after ${totalMs} ms (totalMs).`)
  try {
    return await timed(reader.read(), { clock, ms, late })
  } catch (thrown) {
    if (thrown instanceof HeadraceError || (thrown instanceof Error && thrown.name === 'AbortError')) throw thrown
    throw failed('broke off in the middle of its answer.', {}, thrown)
  }
}

/** The text before the first bytes that are none: what had come is kept, also where it came in one piece with what is wrong. */
function wholePart(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes).split('\uFFFD', 1)[0] ?? ''
}

function decode(decoder: TextDecoder, bytes?: Uint8Array): string {
  try {
    return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode()
  } catch (thrown) {
    throw failed('sent bytes that are no UTF-8.', {}, thrown)
  }
}
