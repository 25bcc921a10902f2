// Socket.IO with connection state recovery, as its documentation sets it up: what was missed is in the memory of the server.
import { createServer } from 'node:http'
import { Server } from 'socket.io'

const http = createServer()
const io = new Server(http, {
  transports: ['websocket'],
  perMessageDeflate: false,
  connectionStateRecovery: { maxDisconnectionDuration: 120_000 },
})
io.on('connection', (socket) => {
  if (!socket.recovered) void socket.join('watched')
  socket.on('write', (count: number, text: string, accepted: () => void) => {
    for (let index = 0; index < count; index += 1) io.to('watched').emit('event', text)
    accepted()
  })
  socket.on('follow', async (room: string, followed: () => void) => {
    await socket.join(room)
    followed()
  })
  socket.on('publish', (room: string, text: string) => void io.to(room).emit('event', text))
})
http.listen(0, '127.0.0.1', () => {
  const address = http.address()
  const url = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : ''
  process.stdout.write(`${JSON.stringify({ ready: true, url })}\n`)
})
