// The reference server of Durable Streams, in memory or in the directory that the first argument names.
import { DurableStreamTestServer, FileBackedStreamStore } from '@durable-streams/server'

// It logs every slow append, which would cost it time.
console.info = () => undefined
const [dataDir] = process.argv.slice(2)
const server = new DurableStreamTestServer({ port: 0 })
if (dataDir !== undefined) {
  // Its own limit is 100 open files: with more active streams, appends that lose their file are answered with 404.
  const store = new FileBackedStreamStore({ dataDir, maxFileHandles: 10_000 })
  Object.assign(server, { store } satisfies Pick<DurableStreamTestServer, 'store'>)
}
const url = await server.start()
process.stdout.write(`${JSON.stringify({ ready: true, url })}\n`)
process.on('SIGTERM', () => process.exit(0))
