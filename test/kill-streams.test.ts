import { expect, test } from 'vitest'
import { ServerProcess } from './support/server.ts'

const writers = 4
const kills = 3

test(`D2 D5: ${kills} × kill -9 of the server while ${writers} producers append: what was acknowledged is there, once and in order`, async () => {
  await using server = await ServerProcess.start(['--durable-streams', 'open'])
  const url = (writer: number): string => `${server.url}/v1/stream/kill/${writer}`
  const all = Array.from({ length: writers }, (_, writer) => writer)
  for (const writer of all) {
    const made = await fetch(url(writer), { method: 'PUT', headers: { 'content-type': 'application/json' } })
    expect(made.status).toBe(201)
  }
  const acked = all.map(() => 0)
  let stop = false
  let alive = Promise.withResolvers<void>()
  alive.resolve()
  // As a producer does: the same again until it is answered.
  const write = async (writer: number): Promise<void> => {
    while (!stop) {
      const seq = acked[writer] ?? 0
      const headers = {
        'content-type': 'application/json',
        'producer-id': `writer-${writer}`,
        'producer-epoch': '0',
        'producer-seq': String(seq),
      }
      const answer = await fetch(url(writer), { method: 'POST', headers, body: String(seq) }).catch(() => undefined)
      if (answer && (answer.status === 200 || answer.status === 204)) acked[writer] = seq + 1
      else await alive.promise
    }
  }
  const writing = all.map(write)
  for (let kill = 0; kill < kills; kill += 1) {
    const before = [...acked]
    await expect.poll(() => acked.every((count, writer) => count > (before[writer] ?? 0) + 5)).toBe(true)
    alive = Promise.withResolvers()
    await server.kill()
    await server.start()
    alive.resolve()
  }
  stop = true
  await Promise.all(writing)
  for (const writer of all) {
    const read = (await (await fetch(url(writer))).json()) as number[] // what was sent
    expect(read.length).toBeGreaterThanOrEqual(acked[writer] ?? 0)
    expect(read).toEqual(Array.from({ length: read.length }, (_, seq) => seq))
  }
})
