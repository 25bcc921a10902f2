// A web server that streams answers with resumable-stream, as its README shows it. The first argument is the port of
// Redis; with `stored` as the second, each piece of an answer is in a Redis stream before anybody sees it.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Redis } from 'ioredis'
import { createResumableStreamContext } from 'resumable-stream/ioredis'

const port = Number(process.argv[2])
const log = process.argv[3] === 'stored' ? new Redis(port, '127.0.0.1', { enableAutoPipelining: true }) : undefined
const context = createResumableStreamContext({
  waitUntil: null,
  publisher: new Redis(port, '127.0.0.1'),
  subscriber: new Redis(port, '127.0.0.1'),
})

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`)
    response.destroy()
  })
})
// The body of a POST lasts as long as the stream.
server.requestTimeout = 0
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  const url = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : ''
  process.stdout.write(`${JSON.stringify({ ready: true, url })}\n`)
})

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const id = request.url ?? '/'
  const stream =
    request.method === 'POST'
      ? await context.createNewResumableStream(id, () => textOf(id, request))
      : await context.resumeExistingStream(id)
  if (!stream) {
    response.writeHead(404).end()
    return
  }
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  response.flushHeaders()
  for await (const text of stream as ReadableStream<string> & AsyncIterable<string>) response.write(text)
  response.end()
}

/** The tokens, as the model's answer would come in. */
function textOf(id: string, request: IncomingMessage): ReadableStream<string> {
  return new ReadableStream({
    start(controller) {
      // Redis answers in order, so what is kept is shown in order.
      let kept: Promise<unknown> = Promise.resolve()
      request.setEncoding('utf8')
      request.on('data', (text: string) => {
        if (log) kept = log.xadd(`log:${id}`, '*', 'd', text).then(() => controller.enqueue(text))
        else controller.enqueue(text)
      })
      request.on('end', () => void kept.then(() => controller.close()))
    },
  })
}
