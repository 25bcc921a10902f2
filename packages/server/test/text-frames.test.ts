import { once } from 'node:events'
import { createServer } from 'node:net'
import { WebSocket } from 'ws'
import { expect, test } from 'vitest'
import { createHash } from 'node:crypto'
import { textFrames } from '../src/text-frames.ts'

/** A server that says yes to any WebSocket and then writes these bytes. */
async function serveBytes(bytes: Buffer): Promise<{ readonly port: number } & AsyncDisposable> {
  const server = createServer((socket) => {
    socket.once('data', (head: Buffer) => {
      const key = /sec-websocket-key: (.+)\r/i.exec(head.toString('latin1'))?.[1] ?? ''
      const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
      const lines = ['HTTP/1.1 101 Yes', 'Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${accept}`]
      socket.write(`${lines.join('\r\n')}\r\n\r\n`)
      socket.write(bytes)
    })
    socket.on('error', () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    port: typeof address === 'object' ? (address?.port ?? 0) : 0,
    async [Symbol.asyncDispose]() {
      server.close()
      await once(server, 'close')
    },
  }
}

test('frames of every length class, and of text that is not ASCII, come out of a WebSocket as they went in', async () => {
  const texts = ['', 'a', ...[125, 126, 65_535, 65_536, 200_000].map((length) => 'x'.repeat(length)), 'é€😀'.repeat(30)]
  await using server = await serveBytes(textFrames(texts))
  const ws = new WebSocket(`ws://127.0.0.1:${server.port}`, { perMessageDeflate: false })
  const received: string[] = []
  await new Promise<void>((resolve, reject) => {
    ws.on('message', (data: Buffer, isBinary) => {
      expect(isBinary).toBe(false)
      received.push(data.toString('utf8'))
      if (received.length === texts.length) resolve()
    })
    ws.on('error', reject)
  })
  ws.terminate()
  expect(received).toEqual(texts)
})
