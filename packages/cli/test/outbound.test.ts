import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { createWebhookSecret } from '@headrace/server'
import { describe, expect, test } from 'vitest'
import { folder, headrace, serve } from './support/headrace.ts'

describe('headrace serve: what it calls by itself', () => {
  test('R2 P4: calls an agent for a run, and tells the application when it is over', async () => {
    await using data = await folder()
    const secrets = path.join(data.path, 'webhook-secret')
    writeFileSync(secrets, `${createWebhookSecret()}\n`)
    const called: { path: string; type: string }[] = []
    let arrived = (): void => undefined
    const application = createServer((request, response) => {
      let body = ''
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
      request.on('end', () => {
        response.writeHead(204).end()
        called.push({ path: request.url ?? '', type: (JSON.parse(body) as { type: string }).type })
        arrived()
      })
    })
    application.listen(0, '127.0.0.1')
    await once(application, 'listening')
    const host = `127.0.0.1:${(application.address() as AddressInfo).port}` // a TCP server that listens has one
    const { server } = await serve([
      '--data',
      path.join(data.path, 'data'),
      '--webhook-secret-file',
      secrets,
      '--allow-private-host',
      host,
      '--call-agent',
      `assistant=http://${host}/agent`,
      '--notice-webhook',
      `http://${host}/notice`,
    ])
    await using _server = server
    await headrace(['send', 'a/1', 'hello', '--create', '--data', path.join(data.path, 'data')])
    while (called.length < 1) await new Promise<void>((resolve) => (arrived = resolve))
    expect(called[0]).toEqual({ path: '/agent', type: 'run.assigned' })
    application.close()
    application.closeAllConnections()
  })

  test.each([
    [['--call-agent', 'support=https://example.com/x'], '--webhook-secret-file is needed'],
    [['--call-agent', 'https://example.com/x', '--webhook-secret-file', 'x'], "can't be read"],
    [['--push-contact', 'ops'], 'must be a mailto: or https: address'],
  ])('%j is refused with what to do', async (args, text) => {
    await using data = await folder()
    const ended = await headrace(['serve', '--port', '0', '--data', data.path, ...args])
    expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining(text) })
  })
})
