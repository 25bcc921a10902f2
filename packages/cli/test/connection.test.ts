import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { connect, type Clock } from '@headrace/client'
import { afterEach, describe, expect, test } from 'vitest'
import { explainSilence } from '../src/connection/explain-silence.ts'
import { noServer } from '../src/connection/no-server.ts'
import { whyUnreachable } from '../src/connection/why-unreachable.ts'
import { freePort } from '../../../test/support/free-port.ts'

const open = new Set<Server>()
afterEach(() => {
  for (const server of open) server.close()
  open.clear()
})

async function listening(server: Server, port = 0): Promise<number> {
  open.add(server)
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port // it listens on a port
}

/** Runs what waits when it is told to. */
function handClock(): Clock & { pass(): void; readonly waiting: number } {
  const waiting = new Map<object, () => void>()
  return {
    now: () => 0,
    after(_ms, run) {
      const key = {}
      waiting.set(key, run)
      return () => void waiting.delete(key)
    },
    pass() {
      const due = [...waiting.values()]
      waiting.clear()
      for (const run of due) run()
    },
    get waiting() {
      return waiting.size
    },
  }
}

describe('why no server answers', () => {
  test('a port on which nothing listens, a name that is none, and an address that fetch does not take', async () => {
    expect(await whyUnreachable(`http://127.0.0.1:${await freePort()}`)).toBe('nothing listens there')
    expect(await whyUnreachable('http://no-such-host.invalid')).toMatch(/^its name /)
    expect(await whyUnreachable('http://127.0.0.1:9')).toBe('bad port')
    expect(await noServer('http://127.0.0.1:9', undefined)).toMatchObject({
      exitCode: 4,
      message:
        'No server answers at http://127.0.0.1:9: bad port. Start one with `headrace serve`, or name another with --url.',
    })
  })

  test('another server, one that says nothing, and http where it should be https', async () => {
    const other = await listening(createHttpServer((_request, response) => void response.writeHead(404).end('none')))
    expect(await whyUnreachable(`http://127.0.0.1:${other}`)).toBe('what answers is no Headrace server (HTTP 404)')
    expect(await whyUnreachable(`https://127.0.0.1:${other}`)).toBe('it does not speak https: try http')
    const silent = await listening(createServer())
    expect(await whyUnreachable(`http://127.0.0.1:${silent}`, { timeoutMs: 50 })).toBe(
      'it takes the connection and says nothing',
    )
  })

  test('a server of ours that refuses is there', async () => {
    const refusal = JSON.stringify({ error: { code: 'unauthenticated', message: 'No token.' } })
    const ours = await listening(createHttpServer((_request, response) => void response.writeHead(401).end(refusal)))
    expect(await whyUnreachable(`http://127.0.0.1:${ours}`)).toBeUndefined()
  })
})

test('a person who waits for a connection is told why there is none: once, and again when that changes', async () => {
  const url = `http://127.0.0.1:${await freePort()}`
  const client = connect({ url, token: 'x', onError: () => undefined })
  const clock = handClock()
  const said: string[] = []
  const reasons = ['nothing listens there', 'nothing listens there', undefined, 'its name is not known here', undefined]
  const told = (reason: string): string => `Still no connection to ${url}: ${reason}. Trying on; Ctrl-C ends it.`
  explainSilence(client, { url, clock, say: (line) => said.push(line), why: () => Promise.resolve(reasons.shift()) })
  const pass = async (): Promise<void> => {
    clock.pass()
    await expect.poll(() => clock.waiting).toBe(1)
  }
  expect(said).toEqual([])
  await pass()
  expect(said).toEqual([told('nothing listens there')])
  await pass()
  // One that has just come is no news: the next attempt connects.
  await pass()
  expect(said).toHaveLength(1)
  await pass()
  expect(said[1]).toBe(told('its name is not known here'))
  await pass()
  await pass()
  expect(said[2]).toContain('it answers HTTP, and no WebSocket comes through')
  await client.close()
  expect([said.length, clock.waiting]).toEqual([3, 0])
})
