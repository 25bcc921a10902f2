// The least that a WebSocket server can be: what comes on a connection goes out on all others. Nothing is kept.
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'

const http = createServer()
const server = new WebSocketServer({ server: http, perMessageDeflate: false })
server.on('connection', (ws) => {
  ws.on('message', (data: Buffer) => {
    for (const other of server.clients) if (other !== ws) other.send(data, { binary: false })
    ws.send('')
  })
})
http.listen(0, '127.0.0.1', () => {
  const address = http.address()
  const url = typeof address === 'object' && address !== null ? `ws://127.0.0.1:${address.port}` : ''
  process.stdout.write(`${JSON.stringify({ ready: true, url })}\n`)
})
