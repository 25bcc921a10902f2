// What a team would write to show Redis streams in browsers, and no more: a WebSocket server without authentication,
// rules, history pages or limits. The argument is the port of Redis.
//
// Up:   {"write":id,"session":name,"data":json}   {"follow":name}
// Down: {"done":id}                               {"session":name,"data":json}
import { createServer } from 'node:http'
import { WebSocketServer, type WebSocket } from 'ws'
import { openSocket } from '../lib/http-connection.ts'
import { RespReader, respCommand } from '../lib/resp.ts'

type Frame =
  | { readonly write: number; readonly session: string; readonly data: unknown }
  | { readonly follow: string; readonly session?: never }

const redis = new URL(`redis://127.0.0.1:${process.argv[2]}`)
const followers = new Map<string, Set<WebSocket>>()

// Pub/sub tells at once what XADD keeps: a blocking XREAD over all streams would read each of them again for each event.
const bus = await openSocket(redis)
const messages = new RespReader()
bus.on('data', (chunk: Buffer) => {
  for (const message of messages.push(chunk.toString('latin1'))) {
    const [kind, session, data] = message as readonly [string, string, string] // by the command's definition
    if (kind !== 'message') continue
    const frame = `{"session":"${session}","data":${data}}`
    for (const ws of followers.get(session) ?? []) ws.send(frame)
  }
})

const writer = await openSocket(redis)
const replies = new RespReader()
const waiting: (() => void)[] = []
writer.on('data', (chunk: Buffer) => {
  for (const _ of replies.push(chunk.toString('latin1'))) waiting.shift()?.()
})

// Redis answers in order, so each write has an entry for XADD and one for PUBLISH.
function write(ws: WebSocket, id: number, session: string, data: unknown): void {
  const json = JSON.stringify(data)
  writer.write(respCommand('XADD', session, '*', 'd', json) + respCommand('PUBLISH', session, json), 'latin1')
  waiting.push(
    () => undefined,
    () => ws.send(`{"done":${id}}`),
  )
}

function follow(ws: WebSocket, session: string): void {
  const set = followers.get(session) ?? new Set()
  followers.set(session, set.add(ws))
  if (set.size === 1) bus.write(respCommand('SUBSCRIBE', session))
  ws.once('close', () => set.delete(ws))
  ws.send(`{"following":"${session}"}`)
}

const server = createServer()
new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (ws, request) => {
  request.socket.setNoDelay(true)
  ws.on('message', (data: Buffer) => {
    const frame = JSON.parse(data.toString('utf8')) as Frame // the bench's own load process is the only client
    if ('write' in frame) write(ws, frame.write, frame.session, frame.data)
    else follow(ws, frame.follow)
  })
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  const url = typeof address === 'object' && address !== null ? `ws://127.0.0.1:${address.port}` : ''
  process.stdout.write(`${JSON.stringify({ ready: true, url })}\n`)
})
