import { once } from 'node:events'
import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { HeadraceError, type ErrorCode } from '@headrace/core'
import { openDoor, send, type OpenDoor } from './support/http.ts'
import { mcpRequestHeaders } from '../src/door/http-mcp.ts'
import { requestHeaders } from '../src/door/stream-headers.ts'

const json = { 'Content-Type': 'application/json' }

function refusedWith(status: number, code: ErrorCode, message = '') {
  return { status, body: { error: { code, message: expect.stringContaining(message), retry: expect.any(String) } } }
}

/** Resolves when a connection is over, also when it was reset. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()))
}

/** All that a bare connection gets until it is closed. */
async function answerTo(server: OpenDoor, bytes: string | Buffer): Promise<string> {
  const socket = await server.dial()
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  socket.write(bytes)
  await closed(socket)
  return text
}

describe('bad input: who asks', () => {
  test.each<[string, string | null, ErrorCode, string]>([
    ['no token', null, 'unauthenticated', 'Authorization: Bearer'],
    ['another scheme', 'Basic YTpi', 'unauthenticated', 'the word Bearer'],
    ['an empty token', 'Bearer ', 'unauthenticated', 'the word Bearer'],
    ['a wrong token', 'Bearer abc.def.ghi', 'unauthenticated', 'not a signed JWT'],
    ['two tokens', 'Bearer a b', 'unauthenticated', 'the word Bearer'],
  ])('A1: %s is 401', async (_, header, code, message) => {
    await using server = await openDoor()
    const refused = await server.ask('GET /v1/sessions', {
      token: null,
      headers: header === null ? {} : { Authorization: header },
    })
    expect(refused).toMatchObject(refusedWith(401, code, message))
    expect(refused.headers['www-authenticate']).toMatch(/^Bearer /)
  })

  test('A1: an expired token is 401 with its own code, also one that was good a moment ago', async () => {
    await using server = await openDoor()
    const token = await server.mint({}, 10)
    expect((await server.ask('GET /v1/me', { token })).status).toBe(200)
    await server.clock.advance(10_000)
    expect(await server.ask('GET /v1/me', { token })).toMatchObject(refusedWith(401, 'token_expired', 'Get a new one'))
  })

  test('A3: a token in the address is not taken, and neither errors nor logs repeat it', async () => {
    await using server = await openDoor()
    const refused = await server.ask(`GET /v1/sessions?token=${server.token}`, { token: null })
    expect(refused).toMatchObject(refusedWith(401, 'unauthenticated'))
    const twice = await server.ask(`GET /v1/sessions?token=${server.token}`)
    expect(twice).toMatchObject(refusedWith(400, 'bad_request', 'query.token'))
    await server.ask(`GET /v1/unknown?token=${server.token}`)
    await server.ask('GET /v1/me', { token: `${server.token}x` })
    await expect.poll(() => server.logs.length).toBe(4)
    const said = JSON.stringify([server.logs, server.errors, refused.body, twice.body])
    for (const piece of server.token.split('.').slice(1)) expect(said).not.toContain(piece)
    expect(said).not.toContain('token=')
    expect(server.logs.map(({ route, status }) => ({ route, status }))).toEqual([
      { route: '/v1/sessions', status: 401 },
      { route: '/v1/sessions', status: 400 },
      { route: 'none', status: 404 },
      { route: '/v1/me', status: 401 },
    ])
  })

  test('A1: keys that are out of reach are 503 and no verdict on the token', async () => {
    await using server = await openDoor({
      auth: () => ({ verify: () => Promise.reject(new HeadraceError('auth_unavailable', 'Try again.')) }),
    })
    const refused = await server.ask('GET /v1/me')
    expect(refused).toMatchObject(refusedWith(503, 'auth_unavailable'))
    expect(refused.headers['retry-after']).toBe('1')
  })
})

describe('bad input: from where', () => {
  test('A3: a wrong Host is refused on every route and file but the probes', async () => {
    await using server = await openDoor()
    const headers = { Host: 'evil.example' }
    for (const line of ['GET /v1/me', 'GET /', 'GET /nothing', 'OPTIONS /v1/me', 'GET /metrics']) {
      expect(await server.ask(line, { headers })).toMatchObject(refusedWith(403, 'host_not_allowed', 'evil.example'))
    }
    expect((await server.ask('GET /healthz', { headers })).status).toBe(200)
  })

  test('A3: a page on another origin is refused with no CORS headers, even with a good token', async () => {
    await using server = await openDoor()
    for (const origin of ['https://evil.example', 'null', 'http://localhost:1']) {
      for (const line of ['GET /v1/me', 'POST /v1/sessions', 'OPTIONS /v1/me']) {
        const refused = await server.ask(line, {
          headers: { Origin: origin, Host: 'localhost:4400', 'Access-Control-Request-Method': 'GET' },
        })
        expect(refused).toMatchObject(refusedWith(403, 'origin_not_allowed'))
        expect(refused.headers).not.toHaveProperty('access-control-allow-origin')
      }
    }
  })

  test('A3: an allowed page gets its preflight answered and may read answers and errors', async () => {
    await using server = await openDoor({ gate: { cors: ['https://app.example'] } })
    const headers = { Origin: 'https://app.example' }
    const preflight = await server.ask('OPTIONS /v1/sessions/s/commands', {
      token: null,
      headers: {
        ...headers,
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'authorization',
      },
    })
    expect(preflight).toMatchObject({
      status: 204,
      headers: {
        'access-control-allow-origin': 'https://app.example',
        'access-control-allow-methods': 'POST, OPTIONS',
        'access-control-allow-headers': [
          'Authorization',
          'Content-Type',
          'Last-Event-ID',
          'Headrace-Ai-Sdk',
          ...requestHeaders,
          ...mcpRequestHeaders,
        ].join(', '),
        vary: 'Origin',
      },
    })
    expect(preflight.headers).not.toHaveProperty('access-control-allow-credentials')
    for (const token of [server.token, null]) {
      expect((await server.ask('GET /v1/me', { headers, token })).headers['access-control-allow-origin']).toBe(
        'https://app.example',
      )
    }
  })
})

test('A3: no answer is kept, run, framed or told of, good or bad', async () => {
  await using server = await openDoor()
  for (const line of ['GET /v1/me', 'GET /v1/sessions/none', 'GET /nowhere', 'PUT /v1/me', 'GET /v1/openapi.json']) {
    const { headers } = await server.ask(line)
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    })
  }
  expect(await server.ask('OPTIONS /v1/me')).toMatchObject({ status: 204, headers: { allow: 'GET, HEAD, OPTIONS' } })
  expect(await server.ask('HEAD /v1/me')).toMatchObject({ status: 200, text: '' })
})

describe('bad input: what', () => {
  test.each([
    ['text that stops short', '{"id": ', 'the end at line 1, column 8'],
    ['a stray character', '{"id": "s",\n  nope}', '"n" at line 2, column 3'],
    ['a comma too many', '[1,]', '"]" at line 1, column 4'],
    ['two values', '{} {}', '"{" at line 1, column 4'],
    ['an open string', '{"id": "s', 'the end at line 1, column 10'],
    ['a line in a string', '"a\nb"', '"\\n" at line 1, column 3'],
    ['a bad escape', '"\\x"', '"\\\\" at line 1, column 2'],
    ['a bad number', '[01]', '"0" at line 1, column 2'],
    ['a missing colon', '{"a" 1}', '"1" at line 1, column 6'],
    ['a key that is no string', '{1:2}', '"1" at line 1, column 2'],
    ['hostile nesting', '['.repeat(100_000), 'the end at line 1, column 100001'],
    ['a wrong closing', '{"a":1]', '"]" at line 1, column 7'],
  ])('malformed JSON: %s is refused with its place', async (_, raw, place) => {
    await using server = await openDoor()
    expect(await server.ask('POST /v1/sessions', { raw, headers: json })).toMatchObject(
      refusedWith(400, 'bad_request', place),
    )
  })

  const deep = (levels: number): string => `${'['.repeat(levels)}"]"${']'.repeat(levels)}`
  const agUi = (more: string): string =>
    `{"threadId":"s","runId":"r","messages":[{"id":"1","role":"user","content":"x"}],"tools":[],"context":[],${more}}`
  const part = (more: string): string => `{"id":"s","messages":[{"id":"1","role":"user","parts":[{${more}}]}]}`
  test.each<[string, (value: string) => string]>([
    ['POST /v1/sessions', (value) => `{"metadata":{"a":${value}}}`],
    ['POST /v1/ag-ui/writer', (value) => agUi(`"forwardedProps":{},"state":${value}`)],
    ['POST /v1/ag-ui/writer', (value) => agUi(`"state":{},"forwardedProps":${value}`)],
    ['POST /v1/ai-sdk/chat', (value) => part(`"type":"data-x","data":${value}`)],
    ['POST /v1/mcp', (value) => `{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":${value}}}`],
    ['POST /v1/tokens', (value) => `{"sub":"x","cap":${value}}`],
  ])('A3e: JSON that is nested without end is refused: %s %s', async (line, body) => {
    await using server = await openDoor()
    for (const levels of [64, 5_000, 200_000]) {
      const raw = body(deep(levels))
      expect(await server.ask(line, { raw, headers: json })).toMatchObject(
        refusedWith(400, 'bad_request', 'nested at most 64 levels deep'),
      )
    }
    expect((await server.ask(line, { raw: body(deep(50)), headers: json })).text).not.toContain('64 levels')
    expect(server.errors).toEqual([])
  })

  test('bytes that are not UTF-8 are refused with their place', async () => {
    await using server = await openDoor()
    const raw = Buffer.concat([Buffer.from('{"id":"é'), Buffer.from([0xff, 0x22, 0x7d])])
    expect(await server.ask('POST /v1/sessions', { raw, headers: json })).toMatchObject(
      refusedWith(400, 'bad_request', 'byte 9'),
    )
  })

  test('a body is JSON however its type is written', async () => {
    await using server = await openDoor()
    for (const type of [
      'Application/JSON',
      'application/json; Charset=UTF-8',
      'application/json;charset="utf8";',
      ' application/json ',
    ]) {
      const headers = { 'Content-Type': type, 'Content-Encoding': 'identity' }
      expect([type, (await server.ask('POST /v1/sessions', { raw: '{}', headers })).status]).toEqual([type, 201])
    }
  })

  test.each<[string, Record<string, string>, string]>([
    ['no content type', {}, 'Content-Type: application/json'],
    ['a form', { 'Content-Type': 'application/x-www-form-urlencoded' }, 'Content-Type: application/json'],
    ['text, as a page can send unasked', { 'Content-Type': 'text/plain' }, 'Content-Type: application/json'],
    ['another charset', { 'Content-Type': 'application/json; charset=latin1' }, 'UTF-8'],
    ['compression', { ...json, 'Content-Encoding': 'gzip' }, 'Content-Encoding'],
  ])('A3: a body with %s is refused', async (_, headers, message) => {
    await using server = await openDoor()
    expect(await server.ask('POST /v1/sessions', { raw: '{}', headers })).toMatchObject(
      refusedWith(400, 'bad_request', message),
    )
  })

  test.each<[string, unknown, string]>([
    ['POST /v1/sessions', [], 'the message must be an object'],
    ['POST /v1/sessions', null, 'the message must be an object'],
    ['POST /v1/sessions', 'text', 'the message must be an object'],
    ['POST /v1/sessions', { id: 'has space' }, 'id must be a session id'],
    ['POST /v1/sessions', { id: 'x'.repeat(257) }, 'id must be a session id'],
    ['POST /v1/sessions', { agnet: 'writer' }, 'agnet must be left out (known here: metadata, agent'],
    ['POST /v1/sessions/s/commands', { type: 'post' }, 'type must be left out'],
    ['POST /v1/sessions/s/commands', { body: { type: 'tick' } }, 'body.type must be one of create'],
    [
      'POST /v1/sessions/s/commands',
      { id: 'a b', body: { type: 'heartbeat', run: 'r', attempt: 1 } },
      'id must be an id',
    ],
    ['POST /v1/agents/writer/claim', {}, 'worker must be an id'],
    ['POST /v1/agents/writer/claim', { worker: 'w', waitMs: 1e9 }, 'waitMs must be a whole number from 0 to 60000'],
    ['POST /v1/agents/writer/claim', { worker: 'w', leaseMs: 1 }, 'leaseMs must be'],
  ])('%s with %j is refused and names the field', async (line, body, message) => {
    await using server = await openDoor()
    expect(await server.ask(line, { json: body })).toMatchObject(refusedWith(400, 'bad_request', message))
  })

  test.each([
    ['/v1/sessions/s/events?after=-1', 'query.after must be a whole number'],
    ['/v1/sessions/s/events?after=1.5', 'query.after must be a whole number'],
    ['/v1/sessions/s/events?after=', 'query.after must be a whole number'],
    ['/v1/sessions/s/events?after=1&after=2', 'query.after must be given once'],
    ['/v1/sessions/s/events?afetr=1', 'query.afetr must be left out (known here: after'],
    ['/v1/sessions/s/events?limit=0', 'query.limit must be a whole number from 1 to 10000'],
    ['/v1/sessions/s/events?live=ws', 'query.live must be one of sse, long-poll'],
    ['/v1/sessions/s/events?live=sse&limit=5', 'query.limit must be left out here'],
    ['/v1/sessions/s/events?waitMs=5', 'query.waitMs must be left out here'],
    ['/v1/sessions/s/events?live=long-poll&waitMs=99999999', 'query.waitMs must be a whole number from 0 to 60000'],
    ['/v1/sessions/s/messages?before=0', 'query.before must be a whole number from 1'],
    ['/v1/sessions?cursor=nonsense', 'cursor'],
    ['/v1/sessions?__proto__=1', 'query.__proto__ must be left out'],
    ['/v1/me?x=1', 'query.x must be left out'],
    ['/v1/sessions/%zz', 'path.session is not percent-encoded'],
    ['/v1/sessions/%ff', 'path.session is not percent-encoded'],
    ['/v1/sessions/', 'path.session must be a session id'],
    ['/v1/sessions/a%20b', 'path.session must be a session id'],
    ['/v1/sessions/a%21b/events', 'path.session must be a session id'],
  ])('L1: GET %s is refused and names the parameter', async (path, message) => {
    await using server = await openDoor()
    expect(await server.ask(`GET ${path}`)).toMatchObject(refusedWith(400, 'bad_request', message))
  })

  test('an unknown session is 404 with its name', async () => {
    await using server = await openDoor()
    expect(await server.ask('GET /v1/sessions/none')).toMatchObject(refusedWith(404, 'session_not_found', 'none'))
    expect(await server.ask('GET /v1/sessions/none/messages')).toMatchObject(
      refusedWith(404, 'session_not_found', 'none'),
    )
  })

  test('an unknown route is 404 and says where they are described; which there are is in the detail', async () => {
    await using server = await openDoor()
    const refused = await server.ask('GET /v1/sessions/team-a/1')
    expect(refused).toMatchObject(refusedWith(404, 'not_found', 'GET /v1/openapi.json'))
    expect(refused.body.error.message).toContain('%2F')
    expect(refused.body.error.message.length).toBeLessThan(200)
    expect(refused.body.error.detail.routes).toContain('POST /v1/sessions/{session}/commands')
  })

  test('the address of the WebSocket says so to who asks by HTTP', async () => {
    await using server = await openDoor()
    const refused = await server.ask('GET /v1/connect')
    expect(refused).toMatchObject(refusedWith(426, 'unsupported_version', 'headrace.v1'))
    expect(refused.headers['upgrade']).toBe('websocket')
  })

  test('a route with another method is 405 with those it has', async () => {
    await using server = await openDoor()
    const refused = await server.ask('PUT /v1/sessions/s')
    expect(refused).toMatchObject(refusedWith(405, 'method_not_allowed', 'GET, HEAD, DELETE, OPTIONS'))
    expect(refused.headers['allow']).toBe('GET, HEAD, DELETE, OPTIONS')
    expect(await server.ask('OPTIONS /v1/sessions/s')).toMatchObject({
      status: 204,
      headers: { allow: 'GET, HEAD, DELETE, OPTIONS' },
    })
  })

  test('a defect is 500, and only onError learns what it was', async () => {
    await using server = await openDoor({
      change: () => ({ view: () => Promise.reject(new Error('password=hunter2')) }),
    })
    const refused = await server.ask('GET /v1/sessions/s')
    expect(refused).toMatchObject(refusedWith(500, 'internal'))
    expect(refused.text).not.toContain('hunter2')
    expect(server.errors).toMatchObject([{ code: 'internal', message: 'password=hunter2', cause: expect.any(Error) }])
  })

  test('what the store says about its files stays inside as well', async () => {
    await using server = await openDoor({
      change: () => ({
        view: () => Promise.reject(new HeadraceError('store_corrupt', '/srv/data/000005.ldb is damaged')),
      }),
    })
    const refused = await server.ask('GET /v1/sessions/s')
    expect(refused).toMatchObject(refusedWith(500, 'store_corrupt'))
    expect(refused.text).not.toContain('/srv')
    expect(server.errors).toHaveLength(1)
  })

  test('a full disk is 507 for commands, and reading goes on', async () => {
    await using server = await openDoor({
      change: () => ({
        submit: async () => ({
          outcome: 'refused',
          error: new HeadraceError('store_full', 'The disk is full.').toWire(),
        }),
      }),
    })
    expect(await server.ask('POST /v1/sessions', { json: { id: 's' } })).toMatchObject({
      status: 507,
      body: { outcome: 'refused', error: { code: 'store_full', retry: 'later' } },
    })
    expect((await server.ask('GET /v1/sessions')).status).toBe(200)
  })
})

describe('bad input: how much', () => {
  const tenMegabytes = Buffer.alloc(10_000_000, 0x20)

  test('L6 A3: a 10 MB body is refused before it is read, and the caller gets to see the answer', async () => {
    await using server = await openDoor()
    const refused = await server.ask('POST /v1/sessions', { raw: tenMegabytes, headers: json })
    expect(refused).toMatchObject(refusedWith(413, 'frame_too_large', '1048576 bytes (bodyBytes)'))
    expect(refused.body.error.detail).toEqual({ limit: 'bodyBytes', allowed: 1_048_576, actual: 10_000_000 })
  })

  test('L6 A3: so is one that does not say how long it is', async () => {
    await using server = await openDoor()
    const init = {
      method: 'POST',
      headers: { ...json, Authorization: `Bearer ${server.token}` },
      body: new Blob([tenMegabytes]).stream(),
      duplex: 'half',
    }
    const response = await fetch(`http://127.0.0.1:${server.port}/v1/sessions`, init)
    expect({ status: response.status, body: await response.json() }).toMatchObject(refusedWith(413, 'frame_too_large'))
  })

  test('L6 A3: the answer comes while the body is still on its way, and a body that goes on is cut off', async () => {
    await using server = await openDoor()
    const socket = await server.dial()
    socket.setEncoding('utf8')
    const head = [
      'POST /v1/sessions HTTP/1.1',
      'Host: localhost',
      'Content-Type: application/json',
      `Authorization: Bearer ${server.token}`,
      'Content-Length: 1000000000',
    ]
    socket.write(`${head.join('\r\n')}\r\n\r\n{`)
    const [answer] = (await once(socket, 'data')) as [string] // the encoding was set
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
    const end = closed(socket)
    const more = Buffer.alloc(65_536)
    const feed = (): void => {
      while (!socket.destroyed && socket.write(more));
    }
    socket.on('drain', feed)
    feed()
    await end // after 16 MiB
    expect((await server.ask('GET /v1/me')).status).toBe(200)
  })

  test('A3: a refused body that stops coming is cut off in time', async () => {
    await using server = await openDoor()
    const socket = await server.dial()
    socket.write('POST /v1/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{')
    await once(socket, 'data')
    const end = closed(socket)
    await server.clock.advance(2_000)
    await end
  })

  test('a body within the limit is read whole, in however many pieces', async () => {
    await using server = await openDoor()
    const title = 'é'.repeat(4_000)
    const body = Buffer.from(JSON.stringify({ id: 's', metadata: { title } }))
    const socket = await server.dial()
    socket.setNoDelay(true)
    socket.write(
      `POST /v1/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: Bearer ${server.token}\r\nContent-Length: ${body.length}\r\n\r\n`,
    )
    for (let at = 0; at < body.length; at += 333) {
      await new Promise<void>((resolve) => socket.write(body.subarray(at, at + 333), () => resolve()))
    }
    await once(socket, 'data')
    expect((await server.ask('GET /v1/sessions/s')).body.metadata.title).toBe(title)
    socket.destroy()
  })

  test('a refused body leaves the connection usable', async () => {
    await using server = await openDoor()
    const socket = await server.dial()
    socket.setEncoding('utf8')
    const post = 'POST /v1/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello'
    socket.write(post)
    expect(String(await once(socket, 'data'))).toMatch(/^HTTP\/1\.1 401/)
    socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n')
    expect(String(await once(socket, 'data'))).toMatch(/^HTTP\/1\.1 200/)
    socket.destroy()
  })

  test('a caller that goes away in the middle of its body harms nobody', async () => {
    await using server = await openDoor()
    const socket = await server.dial()
    socket.write(
      `POST /v1/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: Bearer ${server.token}\r\nContent-Length: 100\r\n\r\n{`,
    )
    await new Promise((resolve) => server.server.once('request', resolve))
    socket.destroy()
    await expect.poll(() => server.logs.length).toBe(1)
    expect(server.errors).toEqual([])
    expect((await server.ask('GET /v1/me')).status).toBe(200)
  })
})

describe('bad input: no HTTP at all', () => {
  test.each<[string, string | Buffer]>([
    ['binary garbage', Buffer.from(Array.from({ length: 4_096 }, (_, index) => (index * 197) % 256))],
    ['a TLS hello', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03])],
    ['text', 'hello there\r\n\r\n'],
    ['two lengths', 'GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
    [
      'length and chunks, as in request smuggling',
      'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
  ])('A3: %s gets 400 and a closed connection', async (_, bytes) => {
    await using server = await openDoor()
    const answer = await answerTo(server, bytes)
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    expect(answer).toContain('"code":"bad_request"')
    expect((await server.ask('GET /v1/me')).status).toBe(200)
  })

  test('A3: a request head that is too large is refused with the limit', async () => {
    await using server = await openDoor()
    const answer = await answerTo(server, `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
    expect(answer).toContain('16 KiB')
  })

  test('A3: 1,000 connections that never say anything are closed, and callers are served meanwhile', async () => {
    await using server = await openDoor()
    server.server.headersTimeout = 500
    const silent = await Promise.all(Array.from({ length: 1_000 }, () => server.dial()))
    const farewells = silent.map(async (socket) => {
      let text = ''
      socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      await closed(socket)
      return text
    })
    expect((await server.ask('GET /v1/me')).status).toBe(200)
    for (const text of await Promise.all(farewells)) expect(text).toMatch(/^HTTP\/1\.1 408 [^]*"code":"idle_timeout"/)
    expect((await server.ask('GET /v1/me')).status).toBe(200)
  })

  test('A3: a request that arrives byte by byte is closed in time', async () => {
    await using server = await openDoor()
    server.server.headersTimeout = 100
    expect(await answerTo(server, 'GET /v1/me HTTP/1.1\r\nHost: lo')).toMatch(/^HTTP\/1\.1 408 /)
  })

  test('a whole address in place of a path is understood, as some proxies send it', async () => {
    await using server = await openDoor()
    const answered = await send(server.port, 'GET http://localhost/v1/me?', { token: server.token })
    expect(answered.status).toBe(200)
    expect((await send(server.port, 'OPTIONS *', {})).body.error.code).toBe('bad_request')
  })
})
