import { expect, test } from 'vitest'
import { textOf } from '@headrace/core'
import { fromAnthropic } from '@headrace/client/anthropic'
import { fromOpenAi } from '@headrace/client/openai'
import { Peers, answers, ended } from './support/peers.ts'
import { RealServer } from './support/real-server.ts'

const delta = (content: string) => ({ id: 'c', choices: [{ index: 0, delta: { content }, finish_reason: null }] })

/** A source that counts what is asked of it. */
function counted<T>(items: readonly T[]) {
  const seen = { read: 0, returned: 0 }
  const stream: AsyncIterable<T> = {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        const value = items[seen.read]
        if (value === undefined) return new Promise<never>(() => undefined)
        seen.read += 1
        return { done: false, value }
      },
      return: async () => {
        seen.returned += 1
        return { done: true, value: undefined }
      },
    }),
  }
  return { stream, seen }
}

test('B7 an adapter reads no event before the one before is taken, and tells the source that nobody wants more', async () => {
  const { stream, seen } = counted(['a', 'b', 'c'].map(delta))
  const iterator = fromOpenAi(stream)[Symbol.asyncIterator]()
  expect(seen).toEqual({ read: 0, returned: 0 })
  expect(await iterator.next()).toEqual({ done: false, value: { type: 'text', text: 'a' } })
  expect(seen).toEqual({ read: 1, returned: 0 })
  await iterator.next()
  expect(seen).toEqual({ read: 2, returned: 0 })
  await iterator.return?.()
  expect(seen).toEqual({ read: 2, returned: 1 })
  expect(await iterator.next()).toEqual({ done: true, value: undefined })
})

test('B7 a source that waits is stopped by its controller, a ReadableStream by its cancel', async () => {
  const controller = new AbortController()
  const { stream, seen } = counted([delta('a')])
  const iterator = fromOpenAi(Object.assign(stream, { controller }))[Symbol.asyncIterator]()
  await iterator.next()
  void iterator.next()
  await iterator.return?.()
  expect([controller.signal.aborted, seen.returned]).toEqual([true, 1])

  let cancelled = 0
  const readable = new ReadableStream({ cancel: () => void (cancelled += 1) })
  const reading = fromAnthropic(readable)[Symbol.asyncIterator]()
  const last = reading.next()
  await reading.return?.()
  expect(cancelled).toBe(1)
  expect(await last).toEqual({ done: true, value: undefined })
})

test('B7 a source whose events end it with a failure is told so', async () => {
  const { stream, seen } = counted([delta('a'), { ...delta(''), error: { message: 'Overheated.' } }])
  const iterator = fromOpenAi(stream)[Symbol.asyncIterator]()
  await iterator.next()
  await expect(iterator.next()).rejects.toThrow('Overheated.')
  expect(seen.returned).toBe(1)
  expect(await iterator.next()).toMatchObject({ done: true })
})

async function* arriving<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items
}

test('B8 bytes are text, wherever they are cut; what is no UTF-8, or only half of it, ends the run', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  const text = 'Grüße, 世界! 👋🏽'
  const bytes = new TextEncoder().encode(text)
  const inputs: Readonly<Record<string, () => Iterable<Uint8Array>>> = {
    whole: () => [bytes],
    cut: () => Array.from(bytes, (byte) => new Uint8Array([byte])),
    wrong: () => [bytes.subarray(0, 3), new Uint8Array([0xff, 0x41])],
    half: () => [bytes.subarray(0, 3)],
  }
  await peers.worker((run) => run.pipe(arriving(inputs[textOf(run.input)]?.() ?? [])))
  const session = await peers.session()
  const results: unknown[] = []
  for (const [index, name] of Object.keys(inputs).entries()) {
    await session.send({ agent: 'assistant', text: name })
    await ended(session, index + 1)
    const run = session.getSnapshot().view.runs.at(-1)
    results.push([answers(session)[index], run?.status === 'ended' && [run.reason, run.detail]])
  }
  expect(results).toEqual([
    [text, ['complete', undefined]],
    [text, ['complete', undefined]],
    ['Gr', ['failed', 'The stream sent bytes that are no text in UTF-8.']],
    ['Gr', ['failed', 'The stream broke off in the middle of a character.']],
  ])
})
