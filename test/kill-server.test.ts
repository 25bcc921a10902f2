import { seeded } from '@headrace/testing'
import { expect, test } from 'vitest'
import { connect, type Client } from '@headrace/client'
import { createWorker } from '@headrace/client/agent'
import type { SessionEvent } from '@headrace/core'
import { ServerProcess } from './support/server.ts'

const sessions = 200
const kills = 20
const seed = Number(process.env['HEADRACE_SEED'] ?? 20_260_517)

test(
  `L1 L2 L3 S3 R3: ${kills} × kill -9 of the server during ${sessions} streaming sessions (seed ${seed})`,
  { timeout: 900_000 },
  async () => {
    await using server = await ServerProcess.start()
    const random = seeded(seed)
    const options = { url: server.url, token: server.token, backoff: { minMs: 20, maxMs: 300 } }
    const ids = Array.from({ length: sessions }, (_, index) => `kill/${index}`)

    // Agents: each run streams numbered words until the test says stop.
    let stop = false
    const gate = Promise.withResolvers<void>()
    const said = new Map<string, number>()
    const worker = createWorker({
      ...options,
      agent: 'assistant',
      capacity: sessions,
      leaseMs: 20_000,
      async handler(run) {
        async function* words(): AsyncGenerator<string> {
          for (let index = 0; !stop; index += 1) {
            said.set(run.session, index + 1)
            yield `${index} `
            await new Promise((resolve) => setTimeout(resolve, 40 + random() * 40))
          }
          await gate.promise
        }
        await run.pipe(words())
      },
    })

    // Readers: a journal of every event each of them was given, and people who post and remember what was acknowledged.
    const reader: Client = connect(options)
    const person: Client = connect(options)
    const journals = new Map<string, SessionEvent[]>()
    const acked = new Map<string, number[]>()
    for (const id of ids) await person.session(id).create()
    for (const id of ids) {
      const journal: SessionEvent[] = []
      journals.set(id, journal)
      acked.set(id, [])
      const session = reader.session(id, { after: 0 })
      session.onEvent((event) => journal.push(event))
      session.subscribe(() => undefined)
    }
    await Promise.all(ids.map((id) => person.session(id).send('stream')))
    const posting = ids.map(async (id) => {
      const session = person.session(id)
      for (let index = 0; !stop; index += 1) {
        const { seq } = await session.post(`post ${index}`)
        acked.get(id)?.push(seq)
        await new Promise((resolve) => setTimeout(resolve, 300 * random()))
      }
    })

    for (let kill = 0; kill < kills; kill += 1) {
      const before = total(journals)
      await server.kill()
      await server.start()
      // Everybody carries on by itself: wait until new events have reached the readers, then kill at any moment after.
      await until(() => total(journals) > before + sessions)
      await new Promise((resolve) => setTimeout(resolve, 500 * random()))
    }
    stop = true
    await Promise.all(posting)
    gate.resolve()
    await until(() => ids.every((id) => journals.get(id)?.some((event) => event.type === 'run.ended')))

    let events = 0
    for (const id of ids) {
      const log = await server.log(id)
      events += log.length
      // L1: dense. S3: what the reader was given is the log, byte for byte, each event once.
      expect(log.map((event) => event.seq)).toEqual(log.map((_, index) => index + 1))
      const journal = journals.get(id) ?? []
      expect(JSON.stringify(journal)).toBe(JSON.stringify(log.slice(0, journal.length)))
      expect(log.length - journal.length).toBeLessThanOrEqual(1)
      // L2: every acknowledged post is there, at the seq that the answer named, once.
      const posts = log.filter(
        (event) => event.type === 'message.added' && JSON.stringify(event.data).includes('post '),
      )
      expect(posts.map((event) => event.seq)).toEqual(acked.get(id))
      // L3: the agent's words are all there, in order, once.
      const text = log.flatMap((event) => (event.type === 'part.delta' ? [String(event.data['text'])] : [])).join('')
      expect(text).toBe(Array.from({ length: said.get(id) ?? 0 }, (_, index) => `${index} `).join(''))
      // R3: no attempt that had begun was lost, although every server was. (One that was claimed at the moment of a kill, so
      // that its worker never heard of it, lapses and is claimed again.)
      const attempts = log.filter((event) => event.type === 'part.opened').map((event) => event.data['attempt'])
      expect(new Set(attempts).size).toBeLessThanOrEqual(1)
      expect(log.filter((event) => event.type === 'run.ended').map((event) => event.data['reason'])).toEqual([
        'complete',
      ])
    }
    expect(events).toBeGreaterThan(sessions * kills)
    await Promise.all([worker.close(), reader.close(), person.close()])
  },
)

function total(journals: ReadonlyMap<string, readonly SessionEvent[]>): number {
  let sum = 0
  for (const journal of journals.values()) sum += journal.length
  return sum
}

/** Polls, because what is waited for is spread over many sessions; the test's time-out bounds it. */
async function until(holds: () => boolean | undefined): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10))
}
