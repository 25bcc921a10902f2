import { openSocket } from '../lib/http-connection.ts'
import { RespReader, respCommand, type Resp } from '../lib/resp.ts'
import { redisStreamsAlways } from '../systems/redis-streams.ts'
import { ChunkFold, chunks } from './chunks.ts'
import { slices, type Shape } from './transcript.ts'
import { nameOf, type Joinable, type Joined } from './way.ts'
import type { Socket } from 'node:net'

export const joinRedisStreams: Joinable = {
  system: redisStreamsAlways,
  fill,
  ways: [{ name: 'redis streams, XRANGE', join }],
}

const pageSize = 10_000

async function fill(address: string, shape: Shape): Promise<void> {
  const socket = await openSocket(new URL(address))
  const ask = client(socket)
  for (const batch of slices(chunks(shape), 500)) {
    await Promise.all(batch.map((chunk) => ask('XADD', nameOf(shape), '*', 'd', chunk)))
  }
  socket.destroy()
}

async function join(address: string, shape: Shape): Promise<Joined> {
  const socket = await openSocket(new URL(address))
  const ask = client(socket)
  const fold = new ChunkFold()
  for (let from = '-'; ;) {
    const entries = (await ask('XRANGE', nameOf(shape), from, '+', 'COUNT', String(pageSize))) as readonly [
      string,
      readonly string[],
    ][] // by the command's definition
    for (const [, [, text = '']] of entries) fold.add(JSON.parse(text) as Parameters<ChunkFold['add']>[0])
    if (entries.length < pageSize) break
    from = `(${entries.at(-1)![0]}`
  }
  const bytes = socket.bytesRead
  socket.destroy()
  return { bytes, ...fold.shown }
}

function client(socket: Socket): (...words: readonly string[]) => Promise<Resp> {
  const replies = new RespReader()
  const waiting: ((reply: Resp) => void)[] = []
  socket.on('data', (chunk: Buffer) => {
    for (const reply of replies.push(chunk.toString('latin1'))) waiting.shift()?.(reply)
  })
  return (...words) => {
    socket.write(respCommand(...words), 'latin1')
    return new Promise((resolve) => waiting.push(resolve))
  }
}
