import { once } from 'node:events'
import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createWebhookSecret } from '@headrace/server'
import { headraceServer } from '@headrace/testing/headrace-server'
import type { SessionServer } from '@headrace/testing/session-kit'
import { lines, script, type ReadyLine } from './server.ts'

interface Notice {
  readonly session: string
  readonly to: string
  readonly title: string
}

/** Our server in a process of its own with everything that the kit can use: restarts, files, an ear for notices. */
export async function startAuditTarget(): Promise<SessionServer> {
  const data = await mkdtemp(join(tmpdir(), 'headrace-audit-'))
  const notices = await listenForNotices()
  const secret = createWebhookSecret()
  let port = 0
  let child: ChildProcess | undefined
  const start = async (): Promise<ReadyLine> => {
    child = script('audit-server.ts', [data, String(port), notices.url, secret])
    const line = await lines(child).next()
    if (line.done) throw new Error('The server did not start; its complaint is above.')
    const ready = JSON.parse(line.value) as ReadyLine // printed by the script
    port = Number(new URL(ready.url).port)
    return ready
  }
  const kill = async (): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const dead = once(child, 'exit')
    child.kill('SIGKILL')
    await dead
  }
  const { url, token } = await start()
  return headraceServer({
    url,
    token,
    dataDirectory: data,
    toldAway: (session) => notices.next(session),
    async restart() {
      await kill()
      await start()
    },
    async stop() {
      await kill()
      await notices.close()
      await rm(data, { recursive: true, force: true })
    },
  })
}

interface NoticeEar {
  readonly url: string
  next(session: string): Promise<Notice>
  close(): Promise<void>
}

async function listenForNotices(): Promise<NoticeEar> {
  const heard: Notice[] = []
  let arrived = Promise.withResolvers<void>()
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { data } = JSON.parse(Buffer.concat(chunks).toString()) as { data: Notice } // sent by the server under test
      heard.push({ ...data, to: data.to.slice(data.to.indexOf(':') + 1) })
      response.writeHead(204).end()
      arrived.resolve()
      arrived = Promise.withResolvers()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // a TCP server that listens has one
  return {
    url: `http://127.0.0.1:${port}/notices`,
    async next(session) {
      for (;;) {
        const index = heard.findIndex((notice) => notice.session === session)
        const [found] = index < 0 ? [] : heard.splice(index, 1)
        if (found) return found
        await arrived.promise
      }
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
