import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createOutgoing, type OutgoingOptions } from '../src/outgoing/outgoing.ts'
import { openRequest, type ResolvedAddress } from '../src/outgoing/reach.ts'
import { isPublicAddress } from '../src/outgoing/public-address.ts'
import { FakeClock } from './support/fake-clock.ts'

interface Target {
  readonly port: number
  readonly requests: {
    readonly method: string
    readonly url: string
    readonly headers: IncomingMessage['headers']
    readonly body: string
  }[]
  [Symbol.asyncDispose](): Promise<void>
}

/** A server that somebody's webhook could name. */
async function listen(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<Target> {
  const requests: Target['requests'] = []
  const server: Server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      requests.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body })
      answer(request, response)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port, // a TCP server that listens has one
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** What a `fetch` rejects with. */
async function failureOf(work: Promise<Response>): Promise<{ readonly message: string; readonly code: unknown }> {
  const thrown: unknown = await work.then(
    () => expect.unreachable('it was answered'),
    (error: unknown) => error,
  )
  if (!(thrown instanceof TypeError)) throw thrown
  return { message: thrown.message, code: (thrown.cause as { code?: unknown }).code } // as Node's fetch has it
}

const toLoopback = (): Promise<readonly ResolvedAddress[]> => Promise.resolve([{ address: '127.0.0.1', family: 4 }])

describe('A3a: addresses that are not of the public internet', () => {
  test.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '100.127.255.255',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.8',
    '192.0.2.1',
    '192.88.99.1',
    '192.168.1.1',
    '198.18.0.1',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '239.255.255.255',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:10.0.0.1',
    '::ffff:8.8.8.8',
    '::ffff:7f00:1',
    '::7f00:1',
    '64:ff9b::7f00:1',
    '64:ff9b::8.8.8.8',
    '64:ff9b:1::1',
    '100::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '3fff::1',
    'fc00::1',
    'fd12:3456::1',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    '2606:4700::1%eth0',
    'localhost',
    '',
    '1.2.3',
    '0x7f.0.0.1',
  ])('A3a: %s is not', (address) => expect(isPublicAddress(address)).toBe(false))

  test.each(['1.1.1.1', '8.8.8.8', '100.63.255.255', '100.128.0.0', '172.32.0.1', '2606:4700:4700::1111', '2a00::1'])(
    'A3a: %s is',
    (address) => expect(isPublicAddress(address)).toBe(true),
  )

  test('A3a: no address that wraps an IPv4 address passes, whatever it wraps', () => {
    const byte = fc.nat(255)
    fc.assert(
      fc.property(byte, byte, byte, byte, (a, b, c, d) => {
        const high = ((a << 8) | b).toString(16)
        const low = ((c << 8) | d).toString(16)
        for (const wrapped of [
          `::ffff:${high}:${low}`,
          `::${high}:${low}`,
          `64:ff9b::${high}:${low}`,
          `2002:${high}:${low}::1`,
        ])
          expect(isPublicAddress(wrapped)).toBe(false)
      }),
    )
  })
})

describe('A3a: where a request may go', () => {
  test.each([
    ['nonsense', /not a URL/],
    ['', /not a URL/],
    ['ftp://example.com/', /begin with https/],
    ['file:///etc/passwd', /begin with https/],
    ['http://example.com/', /begin with https/],
    ['https://user:hunter2@example.com/', /no user name or password/],
    ['https://user@example.com/', /no user name or password/],
    ['https://:hunter2@example.com/', /no user name or password/],
    ['https://127.0.0.1/', /not on the public internet/],
    ['https://2130706433/', /not on the public internet/],
    ['https://0x7f000001/', /not on the public internet/],
    ['https://0177.0.0.1/', /not on the public internet/],
    ['https://127.1/', /not on the public internet/],
    ['https://[::1]/', /not on the public internet/],
    ['https://[::ffff:169.254.169.254]/latest/meta-data', /not on the public internet/],
    ['https://169.254.169.254./', /not on the public internet/],
    [`https://example.com/${'x'.repeat(2_048)}`, /2048 characters/],
  ])('A3a: %s is refused', async (url, message) => {
    const outgoing = createOutgoing({ resolve: () => Promise.reject(new Error('was resolved')) })
    expect(outgoing.check(url)).toEqual({ allowed: false, message: expect.stringMatching(message) })
    const result = await outgoing.post(url, '{}')
    expect(result).toEqual({ outcome: 'refused', message: expect.stringMatching(message) })
    expect(JSON.stringify(result)).not.toContain('hunter2')
  })

  test.each([
    'https://example.com/',
    'https://example.com./',
    'https://example.com:8443/',
    'https://1.1.1.1/',
    'https://[2606:4700:4700::1111]/',
    `https://example.com/${'x'.repeat(2_028)}`,
  ])('A3a: %s may be asked', (url) => expect(createOutgoing().check(url)).toEqual({ allowed: true }))

  test.each([
    ['10.0.0.1', ['https://10.0.0.1/', 'http://10.0.0.1/', 'http://10.0.0.1:8080/']],
    ['10.0.0.1:443', ['https://10.0.0.1/', 'https://10.0.0.1:443/', 'http://10.0.0.1:443/']],
    ['10.0.0.1:80', ['http://10.0.0.1/', 'https://10.0.0.1:80/']],
    ['[FD00::1]:8080', ['https://[fd00::1]:8080/']],
    ['agents.internal', ['http://agents.internal/', 'http://AGENTS.internal./']],
    ['agents.internal:80', ['http://agents.internal/', 'http://agents.internal.:80/']],
  ])('A3a: with trust in %s that may be asked, and nothing else', (allowed, may) => {
    const outgoing = createOutgoing({ allowPrivate: [allowed] })
    const urls = [
      ...may,
      'https://10.0.0.1/',
      'https://10.0.0.1:8443/',
      'https://10.0.0.1:80/',
      'http://10.0.0.1/',
      'http://10.0.0.2/',
      'https://[fd00::1]/',
      'https://[fd00::2]:8080/',
      'http://agents.internal:81/',
      'http://xagents.internal/',
      'ftp://10.0.0.1/',
      'ftp://agents.internal/',
      'file://agents.internal/etc/passwd',
    ]
    const host = allowed.toLowerCase()
    const isAny = (url: string): boolean => /^https?:$/.test(new URL(url).protocol) && new URL(url).hostname === host
    for (const url of urls) expect([url, outgoing.check(url).allowed]).toEqual([url, may.includes(url) || isAny(url)])
  })

  test.each<[string, readonly ResolvedAddress[]]>([
    ['a private address', [{ address: '10.0.0.7', family: 4 }]],
    ['loopback', [{ address: '::1', family: 6 }]],
    [
      'a public and a private one',
      [
        { address: '1.1.1.1', family: 4 },
        { address: '169.254.169.254', family: 4 },
      ],
    ],
  ])('A3a: a name that leads to %s is refused, and the text does not say where it led', async (_, addresses) => {
    const outgoing = createOutgoing({ resolve: () => Promise.resolve(addresses) })
    const result = await outgoing.post('https://innocent.example/', '{}')
    expect(result).toMatchObject({ outcome: 'refused', message: expect.stringMatching(/not on the public internet/) })
    for (const { address } of addresses) expect(JSON.stringify(result)).not.toContain(address)
  })

  test('A3a: a name is resolved once, and the connection goes where that led', async () => {
    await using target = await listen((_, response) => response.end('ok'))
    let looks = 0
    const outgoing = createOutgoing({
      allowPrivate: ['rebound.example'],
      resolve: () => {
        looks += 1
        return looks === 1 ? toLoopback() : Promise.resolve([{ address: '127.0.0.99', family: 4 }])
      },
    })
    const result = await outgoing.post(`http://rebound.example:${target.port}/hook?x=1`, '{"a":1}', { 'X-Own': 'yes' })
    expect(result).toMatchObject({ outcome: 'answered', status: 200, isCut: false })
    expect(looks).toBe(1)
    expect(target.requests).toMatchObject([
      {
        method: 'POST',
        url: '/hook?x=1',
        body: '{"a":1}',
        headers: { host: `rebound.example:${target.port}`, 'x-own': 'yes', 'content-length': '7' },
      },
    ])
  })

  test('A3a: a connection that leads inside after all is ended before anything is sent on it', async () => {
    await using target = await listen((_, response) => response.end('internal'))
    const url = new URL(`http://innocent.example:${target.port}/`)
    const addresses = await toLoopback()
    for (const mayBePrivate of [false, true]) {
      const request = openRequest(
        { url, method: 'POST', body: '', headers: {}, addresses, mayBePrivate },
        () => undefined,
      )
      const ended = new Promise((resolve) => {
        request.once('response', () => resolve('answered'))
        request.once('error', ({ message }) => resolve(message))
      })
      request.end()
      expect(await ended).toEqual(mayBePrivate ? 'answered' : expect.stringMatching(/not on the public internet/))
      expect(target.requests).toHaveLength(mayBePrivate ? 1 : 0)
      request.destroy()
    }
  })

  test('A3a: each request has a connection of its own, to where the name leads by now', async () => {
    await using target = await listen((_, response) => response.end('ok'))
    let address = '127.0.0.1'
    const outgoing = createOutgoing({
      allowPrivate: ['moved.example'],
      resolve: () => Promise.resolve([{ address, family: 4 }]),
    })
    const url = `http://moved.example:${target.port}/`
    expect(await outgoing.post(url, '')).toMatchObject({ outcome: 'answered' })
    address = '127.0.0.99'
    expect(await outgoing.post(url, '')).toMatchObject({ outcome: 'failed' })
    expect(target.requests).toHaveLength(1)
  })

  test('A3a: trust is for a host, or for a host and port, and for no other', async () => {
    await using target = await listen((_, response) => response.end())
    const post = (allowPrivate: readonly string[], url: string) =>
      createOutgoing({ allowPrivate, resolve: toLoopback }).post(url, '')
    const here = `http://agents.internal:${target.port}/`
    expect(await post(['agents.internal'], here)).toMatchObject({ outcome: 'answered' })
    expect(await post([`Agents.Internal:${target.port}`], here)).toMatchObject({ outcome: 'answered' })
    expect(await post(['127.0.0.1'], `http://127.0.0.1:${target.port}/`)).toMatchObject({ outcome: 'answered' })
    for (const allowed of ['internal', 'agents.internal:1', 'x.agents.internal', '*'])
      expect(await post([allowed], here)).toMatchObject({ outcome: 'refused' })
  })

  test('A3a: redirects are answers and are not followed', async () => {
    await using secret = await listen((_, response) => response.end('internal'))
    await using target = await listen((_, response) =>
      response.writeHead(307, { Location: `http://127.0.0.1:${secret.port}/admin` }).end(),
    )
    const outgoing = createOutgoing({ allowPrivate: ['hook.example'], resolve: toLoopback })
    expect(await outgoing.post(`http://hook.example:${target.port}/`, '{}')).toMatchObject({ status: 307 })
    expect(secret.requests).toEqual([])
  })

  test('A3a: a caller can’t set the headers that frame the message', async () => {
    const outgoing = createOutgoing()
    for (const name of ['Host', 'content-length', 'Transfer-Encoding', 'connection'])
      await expect(outgoing.post('https://example.com/', '', { [name]: 'x' })).rejects.toMatchObject({
        code: 'bad_request',
      })
  })
})

describe('A3a: the other end can’t hold the server up', () => {
  const trusting = (options: OutgoingOptions = {}) =>
    createOutgoing({ allowPrivate: ['hook.example'], resolve: toLoopback, ...options })

  test('A3a: an answer without end is cut', async () => {
    await using target = await listen((_, response) => {
      const write = (): void => {
        while (!response.destroyed && response.write('x'.repeat(10_000)));
        if (!response.destroyed) response.once('drain', write)
      }
      write()
    })
    const result = await trusting({ maxResponseBytes: 1_000 }).post(`http://hook.example:${target.port}/`, '{}')
    expect(result).toMatchObject({ outcome: 'answered', isCut: true })
    expect(result.outcome === 'answered' && result.body.length).toBe(1_000)
  })

  test('A3a: one that is as long as it may be is whole', async () => {
    await using target = await listen((_, response) => response.end('x'.repeat(1_000)))
    const result = await trusting({ maxResponseBytes: 1_000 }).post(`http://hook.example:${target.port}/`, '{}')
    expect(result).toMatchObject({ outcome: 'answered', isCut: false, body: Buffer.from('x'.repeat(1_000)) })
  })

  test('A3a: what was given up before it began is not sent', async () => {
    await using target = await listen((_, response) => response.end())
    const signal = AbortSignal.abort(new Error('enough'))
    const url = `http://hook.example:${target.port}/`
    expect(await trusting().post(url, '{}', {}, { signal })).toEqual({
      outcome: 'failed',
      message: 'The request was given up.',
    })
    await expect(trusting().fetch(url, { signal })).rejects.toThrow('enough')
    expect(target.requests).toEqual([])
  })

  test('A3a: one that never answers, or never ends its answer, is given up after the whole time', async () => {
    for (const head of [false, true]) {
      const arrived = Promise.withResolvers<void>()
      await using target = await listen((_, response) => {
        if (head) response.write('some')
        arrived.resolve()
      })
      const clock = new FakeClock()
      const result = trusting({ clock, timeoutMs: 9_000 }).post(`http://hook.example:${target.port}/`, '{}')
      await arrived.promise
      await clock.advance(9_000)
      expect(await result).toEqual({ outcome: 'failed', message: 'No whole answer within 9000 ms.' })
      expect(clock.pending).toBe(0)
    }
  })

  test('A3a: a name that is not resolved in time is given up, and so is a request that the caller gives up', async () => {
    const clock = new FakeClock()
    const never = { clock, resolve: () => new Promise<never>(() => undefined) }
    const slow = trusting(never).post('http://hook.example/', '{}')
    await clock.advance(5_000)
    expect(await slow).toEqual({ outcome: 'failed', message: 'No connection within 5000 ms.' })
    const stop = new AbortController()
    const stopped = trusting(never).post('http://hook.example/', '{}', {}, { signal: stop.signal })
    stop.abort()
    expect(await stopped).toEqual({ outcome: 'failed', message: 'The request was given up.' })
    expect(clock.pending).toBe(0)
  })

  test('A3a: failures say what went wrong and name no address or port', async () => {
    const broken = createTcpServer((socket: Socket) => socket.destroy())
    broken.listen(0, '127.0.0.1')
    await once(broken, 'listening')
    const { port } = broken.address() as AddressInfo // a TCP server that listens has one
    const results = [await trusting().post(`http://hook.example:${port}/`, '{}')]
    broken.close()
    await once(broken, 'close')
    results.push(
      await trusting().post(`http://hook.example:${port}/`, '{}'),
      await trusting({ resolve: () => Promise.resolve([]) }).post('https://hook.example/', '{}'),
      await trusting({
        resolve: () => Promise.reject(Object.assign(new Error('getaddrinfo ENOTFOUND x'), { code: 'ENOTFOUND' })),
      }).post('https://hook.example/', '{}'),
    )
    expect(results.map((result) => result.outcome !== 'answered' && result.message)).toEqual([
      'The connection broke off.',
      'The connection was refused.',
      'The host name of the address leads nowhere.',
      'The host name of the address is not known.',
    ])
    expect(JSON.stringify(results)).not.toMatch(/127\.0\.0\.1|getaddrinfo/)
  })

  test('A3a: what does not speak TLS gets no request in the clear', async () => {
    let heard = ''
    const plain = createTcpServer((socket) =>
      socket
        .on('data', (bytes) => {
          heard += bytes.toString('latin1')
          socket.end('HTTP/1.1 200 OK\r\n\r\n')
        })
        .on('error', () => undefined),
    )
    plain.listen(0, '127.0.0.1')
    await once(plain, 'listening')
    const { port } = plain.address() as AddressInfo // a TCP server that listens has one
    expect(await trusting().post(`https://hook.example:${port}/`, 'SECRET-BODY')).toMatchObject({ outcome: 'failed' })
    expect(heard).not.toContain('SECRET-BODY')
    plain.close()
    await once(plain, 'close')
  })
})

describe('A3a: answers that are read as they come', () => {
  test('A3a: come piece by piece, and a reader that leaves ends the connection', async () => {
    const left = Promise.withResolvers<void>()
    await using target = await listen((_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: 1\n\n')
      response.once('close', () => left.resolve())
    })
    const { fetch } = createOutgoing({ allowPrivate: ['127.0.0.1'] })
    const body = '{"ü":1}'
    const answer = await fetch(`http://127.0.0.1:${target.port}/chat`, {
      method: 'POST',
      body,
      headers: { 'X-Own': 'yes' },
    })
    expect(answer.headers.get('content-type')).toBe('text/event-stream')
    const reader = answer.body?.getReader()
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('data: 1\n\n')
    await reader?.cancel()
    await left.promise
    expect(target.requests).toMatchObject([{ url: '/chat', body, headers: { 'x-own': 'yes' } }])
  })

  test('A3a: an abort ends the connection, before the answer and in the middle of it', async () => {
    const left: Promise<void>[] = []
    await using target = await listen((request, response) => {
      left.push(new Promise((resolve) => response.once('close', resolve)))
      if (request.url === '/half') response.writeHead(200).write('half')
      asked.resolve()
    })
    let asked = Promise.withResolvers<void>()
    const { fetch } = createOutgoing({ allowPrivate: ['127.0.0.1'] })
    const url = `http://127.0.0.1:${target.port}`
    const silent = new AbortController()
    const waiting = fetch(`${url}/silent`, { signal: silent.signal })
    await asked.promise
    silent.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    asked = Promise.withResolvers<void>()
    const half = new AbortController()
    const answer = await fetch(`${url}/half`, { signal: half.signal })
    half.abort(new Error('enough'))
    await expect(answer.text()).rejects.toThrow()
    await Promise.all(left)
    expect(left).toHaveLength(2)
  })

  test('A3a: redirects are answers, addresses inside are refused, and no text says where a name led', async () => {
    await using target = await listen((_, response) => response.writeHead(302, { Location: 'http://10.0.0.1/' }).end())
    const { fetch } = createOutgoing({
      allowPrivate: [`127.0.0.1:${target.port}`],
      resolve: () => Promise.resolve([{ address: '10.1.2.3', family: 4 }]),
    })
    expect((await fetch(`http://127.0.0.1:${target.port}/`)).status).toBe(302)
    for (const url of [
      'https://innocent.example/',
      'https://127.0.0.1/',
      'http://example.com/',
      'file:///etc/passwd',
    ]) {
      const { code, message } = await failureOf(fetch(url))
      expect(code).toBe('ERR_NOT_ALLOWED')
      expect(message).not.toContain('10.1.2.3')
    }
  })

  test('A3a: a name is resolved once, and the connection goes where that led', async () => {
    await using target = await listen((_, response) => response.end('ok'))
    const clock = new FakeClock()
    let looks = 0
    const { fetch } = createOutgoing({
      clock,
      allowPrivate: ['rebound.example'],
      resolve: () => {
        looks += 1
        return looks === 1 ? toLoopback() : Promise.resolve([{ address: '127.0.0.99', family: 4 }])
      },
    })
    const answer = await fetch(new Request(`http://rebound.example:${target.port}/hook?x=1`, { method: 'PUT' }))
    expect([answer.status, await answer.text(), looks, clock.pending]).toEqual([200, 'ok', 1, 0])
    expect(target.requests).toMatchObject([
      { method: 'PUT', url: '/hook?x=1', headers: { host: `rebound.example:${target.port}` } },
    ])
  })

  test('A3a: a caller can’t set the headers that frame the message', async () => {
    const { fetch } = createOutgoing()
    for (const name of ['Host', 'Transfer-Encoding', 'te', 'trailer'])
      await expect(fetch('https://example.com/', { headers: { [name]: 'x' } })).rejects.toMatchObject({
        code: 'bad_request',
      })
  })

  test('A3a: an answer has the body and the status that it can have', async () => {
    const statuses = [204, 205, 304, 599, 600]
    await using target = await listen((request, response) =>
      response.writeHead(Number(request.url?.slice(1)), { 'Set-Cookie': ['a=1', 'b=2'] }).end(),
    )
    const { fetch } = createOutgoing({ allowPrivate: ['127.0.0.1'] })
    const found = statuses.map(async (status) => {
      const answer = await fetch(new URL(`http://127.0.0.1:${target.port}/${status}`))
      return [answer.status, await answer.text(), answer.headers.getSetCookie().length]
    })
    const [last] = found.splice(-1)
    expect(await Promise.all(found)).toEqual(statuses.slice(0, -1).map((status) => [status, '', 2]))
    await expect(last).rejects.toMatchObject({ cause: { code: 'ERR_BAD_STATUS' } })
  })

  test('A3a: a connection that does not come after its name was resolved is given up', async () => {
    await using target = await listen((_, response) => response.end())
    const clock = new FakeClock()
    const resolved = Promise.withResolvers<readonly ResolvedAddress[]>()
    const { fetch } = createOutgoing({ clock, allowPrivate: ['slow.example'], resolve: () => resolved.promise })
    const waiting = failureOf(fetch(`http://slow.example:${target.port}/`))
    await expect.poll(() => clock.pending).toBe(1)
    resolved.resolve(await toLoopback())
    // It is connecting after some of these, and no network answers meanwhile.
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
    await clock.advance(5_000)
    expect(await waiting).toEqual({ code: 'UND_ERR_CONNECT_TIMEOUT', message: 'No connection within 5000 ms.' })
    expect(target.requests).toEqual([])
  })

  test('A3a: a connection that does not come is given up, and what failed is told apart', async () => {
    const clock = new FakeClock()
    const never = createOutgoing({ clock, resolve: () => new Promise<never>(() => undefined) })
    const waiting = failureOf(never.fetch('https://slow.example/'))
    await expect.poll(() => clock.pending).toBe(1)
    await clock.advance(5_000)
    expect(await waiting).toEqual({ code: 'UND_ERR_CONNECT_TIMEOUT', message: 'No connection within 5000 ms.' })
    const target = await listen(() => undefined)
    await target[Symbol.asyncDispose]()
    const { fetch } = createOutgoing({ allowPrivate: ['127.0.0.1'] })
    expect(await failureOf(fetch(`http://127.0.0.1:${target.port}/`))).toEqual({
      code: 'ECONNREFUSED',
      message: 'The connection was refused.',
    })
  })
})
