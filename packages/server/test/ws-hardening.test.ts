import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:http'
import { connect, type Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { hardenServer } from '../src/door/http-harden.ts'
import { FakeClock } from './support/fake-clock.ts'
import { text } from './support/hub.ts'
import { send } from './support/http.ts'
import { everything, serve, type Served } from './support/serve.ts'

const post = (words: string) => ({ type: 'post' as const, parts: text(words) })

/** A frame as a client sends it: masked with zeros, which change nothing. */
function frame(opcode: number, isLast: boolean, payload: string): Buffer {
  const bytes = Buffer.from(payload)
  const length =
    bytes.length < 126 ? Buffer.from([128 | bytes.length]) : Buffer.from([254, bytes.length >> 8, bytes.length & 255])
  return Buffer.concat([Buffer.from([(isLast ? 128 : 0) | opcode]), length, Buffer.alloc(4), bytes])
}

/** A WebSocket made by hand, for what no library sends. */
async function dial(
  server: Served,
): Promise<{ readonly socket: Socket; readonly heard: () => string; readonly closed: Promise<unknown> }> {
  const socket = connect(server.port, '127.0.0.1')
  socket.on('error', () => undefined)
  let heard = ''
  socket.setEncoding('latin1').on('data', (chunk: string) => (heard += chunk))
  socket.write(
    'GET /v1/connect HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: headrace.v1\r\n\r\n',
  )
  const closed = new Promise((resolve) => socket.once('close', resolve))
  await expect.poll(() => heard).toContain('\r\n\r\n')
  return { socket, heard: () => heard, closed }
}

describe('A3e: what a peer can make the server hold', () => {
  test('A3e: a message in too many pieces ends the connection, before hello and after', async () => {
    await using server = await serve({ connectionLimits: { maxFragments: 8 } })
    const { socket, heard, closed } = await dial(server)
    socket.write(frame(1, false, '{'))
    for (let index = 0; index < 10; index += 1) socket.write(frame(0, false, ' '))
    await expect.poll(heard).toContain('\u0003\u00f0') // a close frame with 1008
    socket.destroy()
    await closed
    const welcomed = await dial(server)
    const hello = JSON.stringify({ type: 'hello', token: server.token })
    welcomed.socket.write(frame(1, true, hello))
    await expect.poll(welcomed.heard).toContain('welcome')
    welcomed.socket.write(frame(1, false, '{"type":'))
    for (let index = 0; index < 6; index += 1) welcomed.socket.write(frame(0, false, ' '))
    welcomed.socket.write(frame(0, true, '"ping"}'))
    await expect.poll(welcomed.heard).toContain('pong')
    welcomed.socket.destroy()
  })

  test('A3e: a stranger can’t make the server hold a large frame: 64 KiB end the connection, whole or not', async () => {
    await using server = await serve()
    const { socket, heard, closed } = await dial(server)
    // The head of a frame of 1,000,000 bytes, of which less comes.
    socket.write(Buffer.from([129, 255, 0, 0, 0, 0, 0, 15, 66, 64, 0, 0, 0, 0]))
    socket.write(Buffer.alloc(70_000, 'x'))
    await expect.poll(heard).toContain('maxHelloBytes')
    socket.write(Buffer.alloc(70_000, 'x'))
    await closed
    const welcomed = await server.join()
    expect(await welcomed.ask('s', { type: 'create' })).toMatchObject({ outcome: 'accepted' })
    expect(await welcomed.ask('s', post('x'.repeat(200_000)))).toMatchObject({ outcome: 'accepted' })
  })

  test('A3e: a message that never ends is cut with its connection when hello is due', async () => {
    const clock = new FakeClock()
    await using server = await serve({ clock })
    const { socket, heard, closed } = await dial(server)
    socket.write(frame(1, false, '{"type":"hello"'))
    await clock.advance(5_000)
    await expect.poll(heard).toContain('hello_timeout')
    socket.destroy()
    await closed
    await expect.poll(() => server.sockets.size).toBe(0)
  })

  test('A3e: a connection that is gone leaves nothing that waits for its time, however far it came', async () => {
    const clock = new FakeClock()
    await using server = await serve({ clock })
    const before = clock.pending
    const [stranger, welcomed, renewed] = [await server.open(), await server.join(), await server.join()]
    renewed.send({ type: 'auth', token: await server.auth.mint(everything, 600) })
    await renewed.next('welcome')
    const ask = { token: server.token }
    const { body } = await send(server.port, 'POST /v1/tickets', ask)
    const chat = new WebSocket(`ws://127.0.0.1:${server.port}/v1/ai-sdk/ws?ticket=${body.ticket}`)
    chat.on('error', () => undefined)
    await once(chat, 'open')
    const silent = new WebSocket(`ws://127.0.0.1:${server.port}/v1/ai-sdk/ws`)
    await once(silent, 'open')
    expect(clock.pending).toBeGreaterThan(before)
    for (const { ws } of [stranger, welcomed, renewed]) ws.terminate()
    for (const ws of [chat, silent]) ws.terminate()
    await expect.poll(() => clock.pending).toBe(before)
  })

  test('A3e: compression is not spoken, so nobody can send a bomb', async () => {
    await using server = await serve()
    const socket = await server.open({ headers: { 'Sec-WebSocket-Extensions': 'permessage-deflate' } })
    expect(socket.ws.extensions).toBe('')
    socket.ws.close()
  })

  test('A3e: what a peer says after it was told to go counts for nothing', async () => {
    const clock = new FakeClock()
    await using server = await serve({ clock })
    const owner = await server.join()
    await owner.ask('s', { type: 'create' })
    const peer = await dial(server)
    const token = await server.auth.mint({ ...everything, sub: 'late' }, 10)
    peer.socket.write(frame(1, true, JSON.stringify({ type: 'hello', token })))
    await expect.poll(peer.heard).toContain('welcome')
    await clock.advance(10_000)
    await expect.poll(peer.heard).toContain('token_expired')
    // It does not answer the close frame and talks on.
    const late = { type: 'command', id: 'late', session: 's', body: post('too late') }
    peer.socket.write(frame(1, true, JSON.stringify(late)))
    peer.socket.write(frame(8, true, '\u0003\u00e8'))
    await peer.closed
    expect(await owner.ask('s', post('in time'))).toMatchObject({ seq: 2 })
  })

  test('A3e: one address can’t take all connections, however little it says on them', () => {
    const server = createServer()
    hardenServer(server, { trustedProxies: ['10.0.0.1'] })
    const dialFrom = (remoteAddress: string) => {
      const socket = Object.assign(new EventEmitter(), {
        remoteAddress,
        isCut: false,
        destroy: () => (socket.isCut = true),
      })
      server.emit('connection', socket as unknown as Socket) // has all that is looked at
      return socket
    }
    const many = Array.from({ length: 2_501 }, () => dialFrom('9.9.9.9'))
    expect(many.filter(({ isCut }) => isCut)).toEqual([many.at(-1)])
    for (const other of ['8.8.8.8', '127.0.0.1', '10.0.0.1', '::ffff:10.0.0.1'])
      expect(dialFrom(other).isCut).toBe(false)
    many[0]?.emit('close')
    expect([dialFrom('9.9.9.9').isCut, dialFrom('9.9.9.9').isCut]).toEqual([false, true])
    for (let index = 0; index < 3_000; index += 1) expect(dialFrom('127.0.0.1').isCut).toBe(false)
  })
})

describe('A3f: a reader that takes nothing', () => {
  test('A3f: among 500 it holds up nobody, costs the server under 1 MiB, and gets everything when it wakes', async () => {
    await using server = await serve({ connectionLimits: { stallMs: 600_000 } })
    const writer = await server.join()
    for (const session of ['news', 'heavy']) await writer.ask(session, { type: 'create' })
    const readers = await Promise.all(
      Array.from({ length: 499 }, async () => {
        const reader = await server.join()
        reader.send({ type: 'subscribe', session: 'news', after: 1 })
        return reader
      }),
    )
    const before = new Set(server.sockets)
    const stalled = await server.join()
    const [held] = [...server.sockets].filter((socket) => !before.has(socket))
    for (const session of ['news', 'heavy']) stalled.send({ type: 'subscribe', session, after: 1 })
    await expect.poll(() => server.headrace.hub.stats().followers).toBe(501)
    stalled.ws.pause()

    // Far more than the kernel's buffers take for it: the rest would have to be held here.
    const rounds = 480
    const words = 'x'.repeat(100_000)
    let most = 0
    for (let round = 0; round < rounds; round += 1) {
      await writer.ask('heavy', post(words))
      if (round % 48 === 0) await writer.ask('news', post(String(round)))
      most = Math.max(most, held?.writableLength ?? Infinity)
    }
    await expect
      .poll(() => (most = Math.max(most, held?.writableLength ?? Infinity)), { timeout: 20_000, interval: 5 })
      .toBeGreaterThan(65_536)
    expect(most).toBeLessThan(1_048_576)
    expect(held?.bytesWritten).toBeLessThan(rounds * words.length)

    const newsOf = async (reader: typeof writer): Promise<readonly number[]> => {
      const seqs: number[] = []
      while ((seqs.at(-1) ?? 0) < 11) {
        const { events } = await reader.next('events', ({ session }) => session === 'news')
        seqs.push(...events.map(({ seq }) => seq))
      }
      return seqs
    }
    const all = Array.from({ length: 10 }, (_, index) => index + 2)
    for (const seqs of await Promise.all(readers.map((reader) => newsOf(reader)))) expect(seqs).toEqual(all)

    stalled.ws.resume()
    const got: Record<string, number[]> = { news: [], heavy: [] }
    while (got['news']?.length !== 10 || got['heavy']?.length !== rounds) {
      const { session, events } = await stalled.next('events')
      got[session]?.push(...events.map(({ seq }) => seq))
    }
    expect(got).toEqual({ news: all, heavy: Array.from({ length: rounds }, (_, index) => index + 2) })
  })
})
