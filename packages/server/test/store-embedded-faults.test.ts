import path from 'node:path'
import process from 'node:process'
import { expect, test } from 'vitest'
import { AppendConflict, HeadraceError, type AppendBatch, type Store } from '@headrace/core'
import { seeded } from '@headrace/testing'
import { prepareDirectory } from '../src/store/embedded/directory.ts'
import type { Engine } from '../src/store/embedded/engine.ts'
import { snapshotKey } from '../src/store/embedded/keys.ts'
import { openLevelEngine } from '../src/store/embedded/level-engine.ts'
import { openStoreOn, type EmbeddedStoreOptions } from '../src/store/embedded/open.ts'
import { makeTempDirectory } from './store-fixture.ts'

const everything = { maxEvents: 100_000, maxChars: 100_000_000 }
const key = 'acme!chat-1'

type Fault =
  /** Nothing of it reaches the log. */
  | 'lost'
  /** It is in the log, and the sync after it fails. */
  | 'landed'

interface Faults {
  /** What happens to the next write. */
  write: () => Fault | undefined
  /** Whether the next attempt to open fails. */
  open: () => boolean
  error: () => Error
  /** Runs while a write is on its way. */
  during: () => Promise<void>
}

const full = (): Error =>
  Object.assign(new Error('IO error: 000012.log: No space left on device'), { code: 'LEVEL_IO_ERROR' })
const broken = (): Error =>
  Object.assign(new Error('IO error: 000012.log: Input/output error'), { code: 'LEVEL_IO_ERROR' })

/** A store whose disk does what `faults` say. As LevelDB does, it takes no write after a failed one until opened again. */
async function openFaulty(
  directory: string,
  faults: Faults,
  options: Partial<EmbeddedStoreOptions> = {},
): Promise<Store> {
  const prepared = await prepareDirectory(directory)
  return openStoreOn({ directory, reserveBytes: 0, retryMs: 0, ...options }, prepared, async (): Promise<Engine> => {
    if (faults.open()) throw faults.error()
    const engine = await openLevel(directory)
    let hasFailed = false
    return {
      ...engine,
      async write(ops) {
        if (hasFailed) throw new Error('written after a failed write')
        const fault = faults.write()
        await faults.during()
        if (fault !== 'lost') await engine.write(ops)
        if (fault === undefined) return
        hasFailed = true
        throw faults.error()
      },
    }
  })
}

/** A store whose engine does some things otherwise. */
async function openChanged(directory: string, change: (engine: Engine) => Partial<Engine>): Promise<Store> {
  return openStoreOn({ directory, reserveBytes: 0 }, await prepareDirectory(directory), async () => {
    const engine = await openLevel(directory)
    return { ...engine, ...change(engine) }
  })
}

function openLevel(directory: string): Promise<Engine> {
  return openLevelEngine({
    directory: path.join(directory, 'data'),
    createIfMissing: true,
    cacheBytes: 1_048_576,
    writeBufferBytes: 262_144,
  })
}

function noFaults(): Faults {
  return { write: () => undefined, open: () => false, error: full, during: async () => undefined }
}

function once<T>(value: T, otherwise: T): () => T {
  let used = false
  return () => {
    const result = used ? otherwise : value
    used = true
    return result
  }
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'done',
    (thrown: unknown) => (thrown instanceof HeadraceError ? thrown.code : String(thrown)),
  )
}

test('a failed write that did not reach the log is store_full, and nothing of it is there', async () => {
  await using temp = await makeTempDirectory()
  const faults = noFaults()
  const errors: string[] = []
  const store = await openFaulty(temp.path, faults, { onError: (error) => errors.push(error.code) })
  await store.append(key, 0, { events: ['1', '2'] })
  faults.write = once<Fault | undefined>('lost', undefined)
  expect(await codeOf(store.append(key, 2, { events: ['3'] }))).toBe('store_full')
  expect(await store.head(key)).toBe(2)
  expect(await store.read(key, 0, everything)).toEqual(['1', '2'])
  expect(errors).toEqual(['store_full'])
  await store.append(key, 2, { events: ['3 again'] })
  expect(await store.read(key, 0, everything)).toEqual(['1', '2', '3 again'])
  await store.close()
})

test('a failed write that is in the log all the same has happened, and resolves', async () => {
  await using temp = await makeTempDirectory()
  const faults = noFaults()
  const store = await openFaulty(temp.path, faults)
  faults.write = once<Fault | undefined>('landed', undefined)
  await store.append(key, 0, { events: ['1', '2'] })
  expect(await store.read(key, 0, everything)).toEqual(['1', '2'])
  await store.append(key, 2, { events: ['3'] })
  expect(await store.head(key)).toBe(3)
  await store.close()
})

test('an error other than a full disk is store_unavailable', async () => {
  await using temp = await makeTempDirectory()
  const faults = { ...noFaults(), error: broken }
  const store = await openFaulty(temp.path, faults)
  faults.write = once<Fault | undefined>('lost', undefined)
  expect(await codeOf(store.append(key, 0, { events: ['1'] }))).toBe('store_unavailable')
  await store.append(key, 0, { events: ['1'] })
  await store.close()
})

test('when the database does not open again the outcome is unknown, until it does', async () => {
  await using temp = await makeTempDirectory()
  for (const fault of ['lost', 'landed'] as const) {
    const faults = noFaults()
    const store = await openFaulty(path.join(temp.path, fault), faults)
    await store.append(key, 0, { events: ['1'] })
    faults.write = once<Fault | undefined>(fault, undefined)
    faults.open = () => true
    expect(await codeOf(store.append(key, 1, { events: ['2'] }))).toBe('unknown_outcome')
    expect(await codeOf(store.append(key, 1, { events: ['2'] }))).toBe('store_full')
    expect(await codeOf(store.read(key, 0, everything))).toBe('store_unavailable')
    faults.open = () => false
    expect(await store.read(key, 0, everything)).toEqual(fault === 'lost' ? ['1'] : ['1', '2'])
    const head = await store.head(key)
    await store.append(key, head, { events: ['next'] })
    expect(await store.head(key)).toBe(head + 1)
    await store.close()
  }
})

test('what queued behind a failed write fails with it', async () => {
  await using temp = await makeTempDirectory()
  const faults = noFaults()
  const store = await openFaulty(temp.path, faults)
  await Promise.all([store.append(key, 0, { events: ['1'] }), store.append('acme!other', 0, { events: ['1'] })])
  const behind: Promise<string>[] = []
  faults.write = once<Fault | undefined>('lost', undefined)
  faults.during = once(
    async (): Promise<void> => {
      behind.push(codeOf(store.append(key, 2, { events: ['3'] })))
      behind.push(codeOf(store.append('acme!other', 1, { events: ['2'] })))
      behind.push(codeOf(store.purge('acme!other')))
      await Promise.resolve()
    },
    async () => undefined,
  )()
  const first = codeOf(store.append(key, 1, { events: ['2'] }))
  expect(await first).toBe('store_full')
  expect(await Promise.all(behind)).toEqual(['store_full', 'store_full', 'store_full'])
  expect([await store.head(key), await store.head('acme!other')]).toEqual([1, 1])
  await store.append(key, 1, { events: ['2'] })
  await store.close()
})

test('a conflict with a write that then fails is decided anew', async () => {
  await using temp = await makeTempDirectory()
  const faults = noFaults()
  const store = await openFaulty(temp.path, faults)
  let rival: Promise<void> | undefined
  faults.write = once<Fault | undefined>('lost', undefined)
  faults.during = async () => {
    // Both continue the same log; the first is on its way.
    rival ??= store.append(key, 0, { events: ['rival'] })
  }
  expect(await codeOf(store.append(key, 0, { events: ['first'] }))).toBe('store_full')
  await rival
  expect(await store.read(key, 0, everything)).toEqual(['rival'])
  await store.close()
})

test('S5 a purge that a failure cuts short is finished when the disk takes writes again', async () => {
  await using temp = await makeTempDirectory()
  const faults = noFaults()
  const store = await openFaulty(temp.path, faults)
  const events = Array.from({ length: 2_500 }, (_, index) => String(index))
  await store.append(key, 0, { events })
  let writes = 0
  faults.write = () => ((writes += 1) === 2 ? 'lost' : undefined)
  expect(await codeOf(store.purge(key))).toBe('store_full')
  expect(await codeOf(store.head(key))).toBe('store_unavailable')
  await store.append('acme!other', 0, { events: ['1'] })
  expect(await store.head(key)).toBe(0)
  await store.append(key, 0, { events: ['new'] })
  expect(await store.read(key, 0, everything)).toEqual(['new'])
  await store.close()
})

test('S5 a purge that a failure cuts short can be asked for again', async () => {
  await using temp = await makeTempDirectory()
  const faults = noFaults()
  const store = await openFaulty(temp.path, faults)
  await store.append(key, 0, { events: Array.from({ length: 2_500 }, (_, index) => String(index)) })
  let writes = 0
  faults.write = () => ((writes += 1) === 3 ? 'lost' : undefined)
  expect(await codeOf(store.purge(key))).toBe('store_full')
  await store.purge(key)
  expect(await store.head(key)).toBe(0)
  await store.close()
})

test('S4a S5b who reads what was changed on disk a moment ago waits until the store has heard of it', async () => {
  await using temp = await makeTempDirectory()
  let written = Promise.withResolvers<void>()
  let heard: Promise<void> | undefined
  const store = await openChanged(temp.path, (engine) => ({
    async write(ops) {
      await engine.write(ops)
      written.resolve()
      await heard
    },
  }))
  await store.append(key, 0, { events: ['1', '2', '3', '4', '5', '6'] })
  await store.compact(key, { floor: { seq: 2, state: '"at 2"' }, drop: [[1, 1]] })
  const seen = async (change: () => Promise<void>): Promise<unknown> => {
    const mayHear = Promise.withResolvers<void>()
    written = Promise.withResolvers()
    heard = mayHear.promise
    const changing = change()
    await written.promise
    const reading = Promise.all([store.read(key, 2, everything), store.floorSnapshot(key)])
    // Time for both to find it.
    for (let n = 0; n < 5; n += 1) await store.row(key)
    heard = undefined
    mayHear.resolve()
    await changing
    return reading
  }
  const atFive = { seq: 5, state: '"at 5"' }
  expect(await seen(() => store.compact(key, { floor: atFive, drop: [[2, 4]] }))).toEqual([['5', '6'], atFive])
  const snapshot = { seq: 6, state: '"at 6"' }
  expect(await seen(() => store.redact(key, { events: [], messages: [], snapshot }))).toEqual([['5', '6'], undefined])
  await store.close()
})

test('S5 a snapshot that is being read when its session is purged is not that of the one that comes after', async () => {
  await using temp = await makeTempDirectory()
  const mayEnd = Promise.withResolvers<void>()
  let isSlow = false
  const store = await openChanged(temp.path, (engine) => ({
    async get(at) {
      const value = await engine.get(at)
      if (isSlow && at === snapshotKey(key)) await mayEnd.promise
      return value
    },
  }))
  await store.append(key, 0, { events: ['1', '2'] })
  await store.putSnapshot(key, { seq: 2, state: '"of the first"' })
  isSlow = true
  const reading = store.getSnapshot(key)
  const purging = store.purge(key)
  await expect.poll(() => store.head(key)).toBe(0)
  await store.append(key, 0, { events: ['1', '2', '3'] })
  mayEnd.resolve()
  expect(await reading).toBeUndefined()
  await purging
  await store.close()
})

test('S4a a compaction that a failure cuts short is as good as done, and is finished later', async () => {
  await using temp = await makeTempDirectory()
  for (const failing of [1, 2, 3]) {
    const faults = noFaults()
    const store = await openFaulty(path.join(temp.path, String(failing)), faults)
    await store.append(key, 0, { events: Array.from({ length: 2_600 }, (_, index) => String(index + 1)) })
    let writes = 0
    faults.write = () => ((writes += 1) === failing ? 'lost' : undefined)
    const compaction = { floor: { seq: 2_550, state: '{}' }, drop: [[2, 2_500]] } as const
    expect(await codeOf(store.compact(key, compaction))).toBe('store_full')
    const left = failing === 1 ? 2_600 : 101
    const expectLeft = async (): Promise<void> => {
      expect(await store.read(key, 0, everything)).toHaveLength(left)
      expect(await store.floor(key)).toBe(failing === 1 ? 0 : 2_550)
    }
    await expectLeft()
    await store.append(key, 2_600, { events: ['2601'] })
    expect(await store.read(key, 0, everything)).toHaveLength(left + 1)
    await store.compact(key, compaction)
    expect(await store.read(key, 0, everything)).toHaveLength(102)
    await store.close()
  }
})

test('S4a a compaction that is cut short while others may write is finished by the next one, and nothing comes back', async () => {
  await using temp = await makeTempDirectory()
  const faults = noFaults()
  const store = await openFaulty(temp.path, faults, { maxQueuedChars: 1_000 })
  await store.append(key, 0, { events: Array.from({ length: 5_000 }, (_, index) => String(index + 1)) })
  const compactTo = (seq: number, drop: readonly [number, number]): Promise<void> =>
    store.compact(key, { floor: { seq, state: '{}' }, drop: [drop] })
  // So much waits behind the first batch that there is no room for the second.
  const others: Promise<string>[] = []
  faults.during = async () => {
    others.push(codeOf(store.append('acme!other', others.length, { events: ['.'.repeat(2_000)] })))
  }
  expect(await codeOf(compactTo(2_500, [1, 2_400]))).toBe('store_unavailable')
  faults.during = async () => undefined
  await Promise.all(others)
  const left = async (): Promise<readonly string[]> => store.read(key, 0, everything)
  expect((await left())[0]).toBe('2401')
  // Nobody reads any more what is at the floor.
  await store.redact(key, { events: [], messages: [], snapshot: { seq: 5_000, state: '{}' } })
  await store.compact(key, { floor: { seq: 2_500, state: '{}' }, drop: [[1, 2_400]] })
  expect(await store.floorSnapshot(key)).toBeUndefined()
  await compactTo(4_500, [2_501, 4_400])
  expect((await left()).slice(0, 2)).toEqual(['2401', '2402'])
  expect(await left()).toHaveLength(700)
  await store.close()
  const again = await openFaulty(temp.path, noFaults())
  expect(await again.read(key, 0, everything)).toHaveLength(700)
  await again.close()
})

test('S4a S5 what was cut short does not keep a store on a full disk from being read', async () => {
  await using temp = await makeTempDirectory()
  const faults = noFaults()
  const first = await openFaulty(temp.path, faults)
  const events = Array.from({ length: 2_600 }, (_, index) => String(index + 1))
  await first.append(key, 0, { events })
  await first.append('acme!purged', 0, { events })
  for (const remove of [
    () => first.compact(key, { floor: { seq: 2_550, state: '{}' }, drop: [[2, 2_500]] }),
    () => first.purge('acme!purged'),
  ]) {
    let writes = 0
    faults.write = () => ((writes += 1) === 2 ? 'lost' : undefined)
    expect(await codeOf(remove())).toBe('store_full')
  }
  faults.write = () => 'lost'
  await first.close()
  const errors: string[] = []
  const store = await openFaulty(temp.path, faults, { onError: (error) => errors.push(error.code) })
  expect(await store.read(key, 0, everything)).toHaveLength(101)
  expect(await codeOf(store.append(key, 2_600, { events: ['more'] }))).toBe('store_full')
  expect(new Set(errors)).toEqual(new Set(['store_full']))
  faults.write = () => undefined
  await store.append(key, 2_600, { events: ['more'] })
  expect([await store.head(key), await store.head('acme!purged')]).toEqual([2_601, 0])
  await store.close()
})

test('P6c words that queue behind a failed write are as they were', async () => {
  await using temp = await makeTempDirectory()
  const faults = noFaults()
  const store = await openFaulty(temp.path, faults)
  const words = (...found: string[]): AppendBatch => ({ events: ['1'], words: [{ seq: 1, at: 1, words: found }] })
  const hits = async (word: string): Promise<number> =>
    (await store.search({ tenant: 'acme', words: [word], limit: 5 })).hits.length
  await store.append(key, 0, words('first'))
  faults.write = once<Fault | undefined>('lost', undefined)
  const failed = [store.append(key, 1, words('second')), store.append(key, 2, words('third'))]
  expect(await Promise.all(failed.map(codeOf))).toEqual(['store_full', 'store_full'])
  expect([await hits('first'), await hits('second'), await hits('third')]).toEqual([1, 0, 0])
  await Promise.all([store.append(key, 1, words('second')), store.append(key, 2, words('third'))])
  expect([await hits('first'), await hits('second'), await hits('third')]).toEqual([0, 0, 1])
  await store.close()
})

test('L6a a blob that a failure cuts short is not there, and can be put again', async () => {
  await using temp = await makeTempDirectory()
  const content = new Uint8Array(1_500_000).map((_, index) => index * 31)
  for (const failing of [1, 3, 6]) {
    const faults = noFaults()
    const store = await openFaulty(path.join(temp.path, String(failing)), faults)
    await store.append(key, 0, { events: ['1'] })
    let writes = 0
    faults.write = () => ((writes += 1) === failing ? 'lost' : undefined)
    expect(await codeOf(store.putBlob(key, 'b', content))).toBe('store_full')
    expect([await store.getBlob(key, 'b'), await store.blobs(key)]).toEqual([undefined, []])
    await store.putBlob(key, 'b', content.subarray(0, 700_000))
    expect(await store.getBlob(key, 'b')).toEqual(content.subarray(0, 700_000))
    await store.close()
  }
})

test('L6a while a large blob is written, appends go on', async () => {
  await using temp = await makeTempDirectory()
  const store = await openFaulty(temp.path, noFaults())
  await store.append(key, 0, { events: ['1'] })
  let isWriting = true
  const writing = store.putBlob(key, 'b', new Uint8Array(33_554_432).fill(7)).finally(() => (isWriting = false))
  let appends = 0
  for (; isWriting; appends += 1) await store.append('acme!other', appends, { events: ['1'] })
  await writing
  // One at least between two pieces.
  expect(appends).toBeGreaterThan(100)
  expect((await store.getBlob(key, 'b'))?.length).toBe(33_554_432)
  await store.close()
})

test('more than maxQueuedChars is refused, and spoils nothing that was taken', async () => {
  await using temp = await makeTempDirectory()
  const store = await openFaulty(temp.path, noFaults(), { maxQueuedChars: 5_000 })
  const text = JSON.stringify('.'.repeat(1_000))
  expect(await store.head(key)).toBe(0)
  const codes = await Promise.all(
    Array.from({ length: 20 }, (_, seq) => codeOf(store.append(key, seq, { events: [text] }))),
  )
  const taken = codes.filter((code) => code === 'done').length
  expect(taken).toBeGreaterThan(0)
  expect(codes).toContain('store_unavailable')
  expect(await store.read(key, 0, everything)).toHaveLength(taken)
  // One that alone is over the limit must go all the same.
  await store.append(key, taken, { events: [text, text, text, text, text, text] })
  expect(await store.head(key)).toBe(taken + 6)
  await store.close()
})

test('L2 whatever fails, every answer is true', async () => {
  const seed = Number(process.env['HEADRACE_SEED'] ?? Date.now() % 1_000_000)
  console.log(`HEADRACE_SEED=${seed}`)
  const random = seeded(seed)
  await using temp = await makeTempDirectory()
  let rate = 0
  const store = await openFaulty(
    temp.path,
    {
      write: () => (random() < rate ? (random() < 0.5 ? 'lost' : 'landed') : undefined),
      open: () => rate > 0 && random() < 0.5,
      error: () => (random() < 0.5 ? full() : broken()),
      during: async () => undefined,
    },
    { cachedSessions: 3 },
  )
  rate = 0.2
  const counts: Record<string, number> = {}
  await Promise.all(Array.from({ length: 12 }, (_, index) => work(`acme!s${index}`)))
  rate = 0
  console.log(JSON.stringify(counts))
  expect(Object.keys(counts)).toEqual(
    expect.arrayContaining(['done', 'store_full', 'store_unavailable', 'unknown_outcome']),
  )
  await store.close()

  async function work(session: `acme!${string}`): Promise<void> {
    let log: string[] = []
    let newest = 0
    for (let round = 0; round < 60; round += 1) {
      if (random() < 0.05) {
        const code = count(await codeOf(store.purge(session)))
        const found = await untilAnswered(() => store.read(session, 0, everything))
        if (code === 'done') expect(found).toEqual([])
        else if (code !== 'unknown_outcome') expect(found).toEqual(log)
        else expect([0, log.length]).toContain(found.length)
        log = [...found]
        if (found.length === 0) newest = 0
        continue
      }
      if (random() < 0.2) {
        const snapshot = { seq: Math.floor(random() * (log.length + 1)), state: JSON.stringify(round) }
        count(await codeOf(store.putSnapshot(session, snapshot)))
        const kept = await untilAnswered(() => store.getSnapshot(session))
        expect(kept?.seq ?? 0).toBeGreaterThanOrEqual(newest)
        expect(kept?.seq ?? 0).toBeLessThanOrEqual(log.length)
        newest = kept?.seq ?? 0
      }
      // Each is to follow the one before, and none waits for it.
      let seq = log.length
      const chain = Array.from({ length: 1 + Math.floor(random() * 3) }, (_, link) => {
        const events = Array.from({ length: 1 + Math.floor(random() * 3) }, (__, event) =>
          JSON.stringify(`${session} round ${round} link ${link} event ${event}`),
        )
        const answer = store.append(session, seq, { events }).then(
          () => 'done',
          (thrown: unknown) => thrown,
        )
        seq += events.length
        return { events, answer }
      })
      const answers = await Promise.all(chain.map((link) => link.answer))
      const found = await untilAnswered(() => store.read(session, 0, everything))
      expect(found).toHaveLength(await untilAnswered(() => store.head(session)))
      expect(found.slice(0, log.length)).toEqual(log)

      let at = log.length
      let isBroken = false
      for (const [index, answer] of answers.entries()) {
        const { events } = chain[index] ?? { events: [] }
        const isThere = !isBroken && found.slice(at, at + events.length).join() === events.join()
        if (answer === 'done') expect(isThere).toBe(true)
        else if (answer instanceof AppendConflict)
          expect({ isBroken, actual: answer.actual }).toEqual({ isBroken: true, actual: at })
        else if (answer instanceof HeadraceError && answer.code !== 'unknown_outcome') expect(isThere).toBe(false)
        count(answer === 'done' ? 'done' : answer instanceof HeadraceError ? answer.code : String(answer))
        if (isThere) at += events.length
        else isBroken = true
      }
      expect(found).toHaveLength(at)
      log = [...found]
    }
  }

  function count(code: string): string {
    counts[code] = (counts[code] ?? 0) + 1
    return code
  }

  async function untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await ask()
      } catch (thrown) {
        if (!(thrown instanceof HeadraceError && thrown.code === 'store_unavailable')) throw thrown
      }
    }
  }
})
