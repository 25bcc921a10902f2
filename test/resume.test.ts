import { seeded } from '@headrace/testing'
import { expect, test } from 'vitest'
import { connect } from '@headrace/client'
import { startFaultProxy } from '@headrace/testing'
import type { SessionEvent } from '@headrace/core'
import { ServerProcess } from './support/server.ts'

const disconnects = 1_000
const seed = Number(process.env['HEADRACE_SEED'] ?? 4_400)

test(`S3: ${disconnects} random disconnects of a reader during a stream give exactly the log (seed ${seed})`, async () => {
  await using server = await ServerProcess.start()
  const random = seeded(seed)
  const proxy = await startFaultProxy({ target: server.port })
  // Anywhere: in the handshake, in the welcome, in the middle of a frame, after many of them.
  let resets = 0
  proxy.resetAfter(() => {
    resets += 1
    return 100 + Math.floor(random() ** 3 * 40_000)
  })
  proxy.split(1 + Math.floor(random() * 700))
  const writer = connect({ url: server.url, token: server.token })
  const reader = connect({
    url: `http://127.0.0.1:${proxy.port}`,
    token: server.token,
    backoff: { minMs: 1, maxMs: 5 },
  })
  const id = 'resume/1'
  await writer.session(id).create()
  const journal: SessionEvent[] = []
  const session = reader.session(id, { after: 0 })
  session.onEvent((event) => journal.push(event))
  session.subscribe(() => undefined)
  while (resets < disconnects)
    await Promise.all(Array.from({ length: 8 }, () => writer.session(id).post('x'.repeat(Math.floor(random() * 200)))))
  proxy.resetAfter(undefined)
  proxy.reset()
  const { seq } = await writer.session(id).post('the end')
  await new Promise<void>((resolve) => {
    const check = (): void => {
      if ((journal.at(-1)?.seq ?? 0) >= seq) resolve()
    }
    session.onEvent(check)
    check()
  })
  const log = await server.log(id)
  expect(log.length).toBeGreaterThan(disconnects)
  expect(JSON.stringify(journal)).toBe(JSON.stringify(log))
  await Promise.all([writer.close(), reader.close()])
  await proxy.close()
})
