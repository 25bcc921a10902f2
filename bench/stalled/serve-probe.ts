// Preloaded into a server (`--import`, with `--expose-gc`): answers at the Unix socket that BENCH_PROBE names what one
// connection has not sent and what memory the process uses. From inside, because no address of the server tells it of one
// connection, and because memory is only comparable after garbage is collected.
import { subscribe } from 'node:diagnostics_channel'
import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import type { Probed } from './probe.ts'

const sockets = new Map<number, Socket>()
subscribe('net.server.socket', (message) => {
  const { socket } = message as { readonly socket: Socket } // what Node documents for this channel
  const port = socket.remotePort
  // The probe's own connections have none.
  if (port === undefined) return
  sockets.set(port, socket)
  socket.once('close', () => sockets.delete(port))
})

createServer((request, response) => {
  const { searchParams } = new URL(request.url ?? '', 'http://probe')
  if (searchParams.has('gc')) globalThis.gc?.()
  const socket = sockets.get(Number(searchParams.get('port')))
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage()
  const probed: Probed = {
    unsentBytes: socket?.writableLength ?? 0,
    rssBytes: rss,
    heapBytes: heapUsed,
    bufferBytes: arrayBuffers,
  }
  response.setHeader('connection', 'close').end(JSON.stringify(probed))
})
  .listen(process.env['BENCH_PROBE'])
  .unref()
