import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { PartStart, Store } from '@headrace/core'
import { createMemoryStore } from '../src/store/memory.ts'
import { openEmbeddedStore } from '../src/store/embedded.ts'
import { openDoor, type Answered, type OpenDoor } from './support/http.ts'
import { settled } from './support/fake-clock.ts'

async function withSession(store?: Store): Promise<OpenDoor> {
  const door = await openDoor({ limits: { blobBytes: 100_000 }, ...(store && { store }) })
  await door.ask('POST /v1/sessions', { json: { id: 's' } })
  return door
}

function put(door: OpenDoor, raw: Buffer | string, type = 'application/pdf', token = door.token): Promise<Answered> {
  return door.ask('PUT /v1/sessions/s/blobs', { raw, token, headers: { 'Content-Type': type } })
}

function post(door: OpenDoor, ...parts: readonly PartStart[]): Promise<Answered> {
  return door.ask('POST /v1/sessions/s/commands', { json: { body: { type: 'post', parts } } })
}

const file = (url: string): PartStart => ({ kind: 'file', url, mediaType: 'application/pdf' })

describe('blobs', () => {
  test('L6c what was put comes back byte by byte, once for the same content, in every store', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'headrace-blobs-'))
    try {
      for (const store of [createMemoryStore(), await openEmbeddedStore({ directory, onError: () => undefined })]) {
        await using door = await withSession(store)
        const content = randomBytes(90_000)
        const id = createHash('sha256').update(content).digest('hex')
        const answer = { id, url: `headrace:blob/${id}`, bytes: 90_000, mediaType: 'application/pdf' }
        expect(await put(door, content)).toMatchObject({ status: 201, body: answer })
        expect(await put(door, content, 'image/png')).toMatchObject({ status: 201, body: answer })
        const response = await fetch(`http://127.0.0.1:${door.port}/v1/sessions/s/blobs/${id}`, {
          headers: { Authorization: `Bearer ${door.token}` },
        })
        expect(Buffer.from(await response.arrayBuffer()).equals(content)).toBe(true)
        expect(response.headers.get('content-type')).toBe('application/pdf')
        expect(await door.ask(`HEAD /v1/sessions/s/blobs/${id}`)).toMatchObject({ status: 200, text: '' })
        expect(door.errors).toEqual([])
      }
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  test('L6c nothing in it runs: only images of known kinds are shown', async () => {
    await using door = await withSession()
    const get = async (type: string): Promise<Answered> => {
      const { body } = await put(door, `content of ${type}`, type)
      return door.ask(`GET /v1/sessions/s/blobs/${body.id}`)
    }
    for (const type of ['text/html', 'image/svg+xml', 'application/javascript', 'text/html; charset=utf-8']) {
      expect(await get(type)).toMatchObject({
        status: 200,
        text: `content of ${type}`,
        headers: {
          'content-type': type,
          'content-disposition': 'attachment',
          'x-content-type-options': 'nosniff',
          'content-security-policy': "sandbox; default-src 'none'; frame-ancestors 'none'",
        },
      })
    }
    for (const type of ['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif', 'IMAGE/PNG'])
      expect([type, (await get(type)).headers['content-disposition']]).toEqual([type, 'inline'])
    const encoded = (encoding: string): Promise<Answered> =>
      door.ask('PUT /v1/sessions/s/blobs', { raw: 'x', headers: { 'Content-Encoding': encoding } })
    expect([(await encoded('identity')).status, (await encoded('gzip')).status]).toEqual([201, 400])
    for (const type of ['nonsense', 'text/html\u00e9', `text/${'x'.repeat(200)}`]) {
      expect([type, (await put(door, 'x', type)).status]).toEqual([type, 400])
    }
  })

  test('L6c what is over a limit is refused by its name, and so is who may not', async () => {
    await using door = await withSession()
    expect(await put(door, Buffer.alloc(100_001))).toMatchObject({
      status: 413,
      body: { error: { code: 'frame_too_large', detail: { limit: 'blobBytes', allowed: 100_000 } } },
    })
    expect((await put(door, '')).status).toBe(400)
    const reader = await door.mint({ cap: [{ s: 's', op: ['read'] }] })
    const writer = await door.mint({ cap: [{ s: 's', op: ['post'] }] })
    expect((await put(door, 'x', 'a/b', reader)).status).toBe(403)
    const { body } = await put(door, 'x', 'a/b', writer)
    expect((await door.ask(`GET /v1/sessions/s/blobs/${body.id}`, { token: writer })).status).toBe(403)
    expect((await door.ask(`GET /v1/sessions/s/blobs/${body.id}`, { token: reader })).status).toBe(200)
    expect((await door.ask(`GET /v1/sessions/s/blobs/${'0'.repeat(64)}`)).body.error.code).toBe('not_found')
    expect((await door.ask('GET /v1/sessions/s/blobs/nonsense')).status).toBe(400)
    expect((await door.ask('PUT /v1/sessions/nobody/blobs', { raw: 'x' })).body.error.code).toBe('session_not_found')
    const full = Object.assign(createMemoryStore(), {
      blobs: async () => [{ id: 'old', bytes: 1_073_741_820 }],
    })
    await using other = await withSession(full)
    expect(await put(other, 'too much')).toMatchObject({
      status: 413,
      body: { error: { code: 'limit_exceeded', detail: { limit: 'sessionBlobBytes', actual: 1_073_741_828 } } },
    })
  })

  test('L6c A3 sixteen blobs are on their way at the same time, and one more is asked to come back', async () => {
    await using door = await withSession()
    const head = `PUT /v1/sessions/s/blobs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${door.token}\r\nContent-Type: a/b\r\nContent-Length: 9\r\n\r\n`
    const slow = await Promise.all(Array.from({ length: 16 }, () => door.dial()))
    for (const socket of slow.slice(1)) socket.write(`${head}some`)
    expect((await put(door, 'content')).status).toBe(201)
    slow[0]?.write(`${head}some`)
    const full = { status: 429, body: { error: { code: 'too_many_requests', detail: { limit: 'blobsAtOnce' } } } }
    await expect.poll(() => put(door, 'content')).toMatchObject(full)
    for (const socket of slow) socket.destroy()
    await expect.poll(async () => (await put(door, 'content')).status).toBe(201)
  })

  test('L6c A3 callers who leave before their blob is read take no room of others', async () => {
    const looked = Array.from({ length: 16 }, () => Promise.withResolvers<void>())
    const goOn = Promise.withResolvers<void>()
    let looks = 0
    await using door = await openDoor({
      change: (hub) => ({
        async view(key, grant) {
          looked[looks++]?.resolve()
          if (looks <= 16) await goOn.promise
          return hub.view(key, grant)
        },
      }),
    })
    await door.ask('POST /v1/sessions', { json: { id: 's' } })
    const head = `PUT /v1/sessions/s/blobs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${door.token}\r\nContent-Type: a/b\r\nContent-Length: 9\r\n\r\n`
    for (const { promise } of looked) {
      const socket = await door.dial()
      socket.write(head)
      await promise
      socket.destroy()
    }
    while (door.logs.length < 17) await settled()
    goOn.resolve()
    await settled()
    expect(await put(door, 'content')).toMatchObject({ status: 201 })
    expect(door.errors).toEqual([])
  })

  test('L6c S5h it goes with the last message that names it, and with the session; a copy has its own', async () => {
    await using door = await withSession()
    const { body: one } = await put(door, 'one')
    const { body: two } = await put(door, 'two')
    await post(door, file(one.url), file(two.url))
    await post(door, file(two.url))
    for (let index = 0; index < 55; index += 1) await post(door, { kind: 'text', text: `${index}` })
    const status = async (session: string, { id }: { id: string }): Promise<number> =>
      (await door.ask(`GET /v1/sessions/${session}/blobs/${id}`)).status
    expect((await door.ask('POST /v1/sessions/s/fork', { json: { id: 'copy' } })).status).toBe(201)
    const redact = (message: string): Promise<Answered> =>
      door.ask('POST /v1/sessions/s/commands', { json: { body: { type: 'redact', message } } })
    await redact('m2')
    await settled()
    expect([await status('s', one), await status('s', two)]).toEqual([404, 200])
    await redact('m3')
    await settled()
    expect([await status('s', one), await status('s', two)]).toEqual([404, 404])
    expect([await status('copy', one), await status('copy', two)]).toEqual([200, 200])
    await door.ask('DELETE /v1/sessions/copy')
    await door.ask('POST /v1/sessions', { json: { id: 'copy' } })
    expect([await status('copy', one), await status('copy', two)]).toEqual([404, 404])
    expect(door.errors).toEqual([])
  })
})
