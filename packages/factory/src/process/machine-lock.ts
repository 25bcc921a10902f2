import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import process from 'node:process'

/**
 * Runs something while no other process of this machine runs it for the same folder; whoever comes later waits. The lock is
 * a socket that is listened on, so the kernel lets go of it when its process is killed, and nobody has to judge how old a
 * lock is.
 */
export async function withMachineLock<T>(folder: string, run: () => Promise<T>): Promise<T> {
  const release = await take(addressOf(folder))
  try {
    return await run()
  } finally {
    await release()
  }
}

async function take(address: string): Promise<() => Promise<void>> {
  for (;;) {
    const waiting = new Set<Socket>()
    const server = createServer((socket) => {
      waiting.add(socket)
      socket.on('error', () => undefined).once('close', () => waiting.delete(socket))
    })
    try {
      server.listen(address)
      await once(server, 'listening')
      return async () => {
        const closed = once(server, 'close')
        server.close()
        for (const socket of waiting) socket.destroy()
        await closed
      }
    } catch (thrown) {
      if (!(thrown instanceof Error) || !('code' in thrown) || thrown.code !== 'EADDRINUSE') throw thrown
      await untilLetGo(address)
    }
  }
}

/** Whoever holds it takes connections and says nothing; they end when it lets go, or dies. */
async function untilLetGo(address: string): Promise<void> {
  const socket = connect(address)
  const over = Promise.withResolvers<NodeJS.ErrnoException | undefined>()
  let error: NodeJS.ErrnoException | undefined
  socket.once('error', (thrown) => (error = thrown)).once('close', () => over.resolve(error))
  const failed = await over.promise
  // Where a socket is a file, one that nobody listens on any more is left of a process that was killed.
  if (failed?.code === 'ECONNREFUSED' && !address.startsWith('\0')) await rm(address, { force: true })
}

/** On Linux a name that is no file. It is short: a path of a socket has at most 100 characters or so. */
function addressOf(folder: string): string {
  const name = `headrace-${createHash('sha256').update(path.resolve(folder)).digest('hex').slice(0, 32)}`
  return process.platform === 'linux' ? `\0${name}` : path.join('/tmp', name)
}
