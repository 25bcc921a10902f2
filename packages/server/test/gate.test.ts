import { describe, expect, test } from 'vitest'
import { createGate, type GateOptions } from '../src/door/gate.ts'
import { tellRefusedPages } from '../src/door/tell-refused-pages.ts'

function check(options: GateOptions, headers: Record<string, string>, socket?: object): string {
  return createGate(options).check({ headers, ...(socket && { socket }) })?.code ?? 'ok'
}

describe('the gate: Host', () => {
  test.each(['localhost', 'localhost:4400', '127.0.0.1:80', '[::1]:4400', 'LOCALHOST:4400'])(
    'A3: a loopback server answers for %s',
    (host) => {
      expect(check({}, { host })).toBe('ok')
    },
  )

  test.each([
    'evil.example',
    'evil.example:4400',
    'localhost.evil.example',
    '192.168.0.7:4400',
    'localhost.',
    '',
    'a b',
    '127.0.0.1.evil.example',
    'localhost:4400@evil.example',
    'evil.example@localhost',
    'evil.example/localhost:4400',
    'evil.example,127.0.0.1',
    '[::1',
    '[::1].evil.example',
    'localhost:443999',
  ])('A3: a loopback server does not answer for "%s" (DNS rebinding)', (host) => {
    expect(check({}, { host })).toBe('host_not_allowed')
  })

  test('A3: no Host at all is refused', () => {
    expect(check({}, {})).toBe('host_not_allowed')
  })

  test('A3: listed names are answered for: with any port, or with the one that is given', () => {
    expect(check({ hosts: ['App.Example'] }, { host: 'app.example:9' })).toBe('ok')
    expect(check({ hosts: ['app.example:8443'] }, { host: 'app.example:8443' })).toBe('ok')
    expect(check({ hosts: ['app.example:8443'] }, { host: 'app.example:9' })).toBe('host_not_allowed')
    expect(check({ hosts: ['app.example'] }, { host: 'sub.app.example' })).toBe('host_not_allowed')
  })

  test('A3: a public server answers for every name until names are listed', () => {
    expect(check({ loopbackOnly: false }, { host: 'any.example' })).toBe('ok')
    expect(check({ loopbackOnly: false, hosts: ['app.example'] }, { host: 'any.example' })).toBe('host_not_allowed')
    expect(check({ loopbackOnly: false, hosts: ['app.example'] }, { host: 'localhost:4400' })).toBe('ok')
  })

  test('the refusal names the host and the way out', () => {
    const error = createGate().check({ headers: { host: 'evil.example' } })
    expect(error?.message).toContain('evil.example')
    expect(error?.message).toContain('hosts option')
  })

  test.each(['https://app.example', 'app.example/x', 'a b', ''])('hosts: "%s" is refused at the start', (host) => {
    expect(() => createGate({ hosts: [host] })).toThrow(/hosts: .* is not a host name/)
  })
})

describe('the gate: Origin', () => {
  const host = 'localhost:4400'

  test('A3: programs send no Origin and pass', () => {
    expect(check({}, { host })).toBe('ok')
  })

  test('A3: the own page passes, also behind a proxy that ends TLS', () => {
    expect(check({}, { host, origin: 'http://localhost:4400' })).toBe('ok')
    expect(check({ hosts: ['app.example'] }, { host: 'app.example', origin: 'https://app.example' })).toBe('ok')
    expect(check({ hosts: ['app.example'] }, { host: 'app.example:443', origin: 'https://app.example' })).toBe('ok')
  })

  test('A3: on a TLS connection the own page is an https one', () => {
    const options = { hosts: ['app.example'] }
    const headers = { host: 'app.example', origin: 'http://app.example' }
    expect(check(options, headers, { encrypted: true })).toBe('origin_not_allowed')
    expect(check(options, { ...headers, origin: 'https://app.example' }, { encrypted: true })).toBe('ok')
  })

  test.each([
    'https://evil.example',
    'http://localhost:3000',
    'http://127.0.0.1:4400',
    'null',
    '',
    'http://localhost:4400.evil.example',
    'http://localhost:4400@evil.example',
    'http://evil.example/localhost:4400',
    'file://',
    'chrome-extension://abc',
    'chrome-extension://localhost:4400',
    'ws://localhost:4400',
    'xhttp://localhost:4400',
    'localhost:4400',
  ])('A3: a page on "%s" is refused', (origin) => {
    expect(check({}, { host, origin })).toBe('origin_not_allowed')
  })

  test('A3: listed origins pass, exactly', () => {
    const cors = ['https://app.example', 'tauri://localhost', 'my-https://app', 'http://[::1]:5173']
    for (const origin of cors) expect(check({ cors }, { host, origin })).toBe('ok')
    expect(check({ cors }, { host, origin: 'https://app.example:8443' })).toBe('origin_not_allowed')
    expect(check({ cors }, { host, origin: 'http://app.example' })).toBe('origin_not_allowed')
  })

  test('A3: * lets every page in but those without an origin', () => {
    expect(check({ cors: ['*'] }, { host, origin: 'https://any.example' })).toBe('ok')
    expect(check({ cors: ['*'] }, { host, origin: 'null' })).toBe('origin_not_allowed')
  })

  test('A3: an allowed origin does not make up for a wrong host', () => {
    expect(check({ cors: ['*'] }, { host: 'evil.example', origin: 'https://evil.example' })).toBe('host_not_allowed')
  })

  test.each([
    'https://app.example/',
    'app.example',
    'https://*.example',
    'https://app.example/x',
    'https://APP.example',
    'https://app.example:443',
    'http://0x7f.1',
    'tauri://localhost/x',
    ' tauri://localhost',
    'null',
    '',
  ])('cors: "%s" is refused at the start', (origin) => {
    expect(() => createGate({ cors: [origin] })).toThrow(/cors: .* is not an origin/)
  })
})

describe('the gate: CORS headers', () => {
  test('A3: only a page that may connect is told so, and caches keep the answers apart', () => {
    const gate = createGate({ cors: ['https://app.example'] })
    const headers = (origin?: string) =>
      gate.corsHeaders({ headers: { host: 'localhost', ...(origin !== undefined && { origin }) } })
    expect(headers('https://app.example')).toMatchObject({
      'Access-Control-Allow-Origin': 'https://app.example',
      Vary: 'Origin',
    })
    expect(headers('https://evil.example')).toEqual({ Vary: 'Origin' })
    expect(headers()).toEqual({ Vary: 'Origin' })
    expect(headers('https://app.example')).not.toHaveProperty('Access-Control-Allow-Credentials')
    expect(gate.corsHeaders({ headers: { origin: 'https://app.example' } })).toEqual({ Vary: 'Origin' })
  })

  test('A3: that page may read what it needs to go on', () => {
    const told = tellRefusedPages(createGate({ cors: ['https://app.example'] }), () => undefined)
    const headers = told.corsHeaders({ headers: { host: 'localhost', origin: 'https://app.example' } })
    expect(headers['Access-Control-Expose-Headers']?.split(', ')).toEqual(
      expect.arrayContaining(['Location', 'Retry-After', 'WWW-Authenticate', 'Stream-Next-Offset', 'Stream-Closed']),
    )
  })
})

test('A3: whoever runs the server is told once of each origin whose pages are refused, and of 16 at the most', () => {
  const told: string[] = []
  const gate = tellRefusedPages(createGate({ cors: ['https://app.example'] }), ({ message }) => told.push(message))
  const refused = (origin: string) => gate.check({ headers: { host: 'localhost:4400', origin } })?.code
  expect(refused('https://app.example')).toBeUndefined()
  expect(gate.check({ headers: { host: 'evil.example', origin: 'http://evil.example' } })?.code).toBe(
    'host_not_allowed',
  )
  expect(told).toEqual([])
  for (let time = 0; time < 2; time += 1) expect(refused('http://localhost:5173')).toBe('origin_not_allowed')
  expect(told).toEqual([expect.stringContaining('http://localhost:5173')])
  for (let port = 1; port < 100; port += 1) expect(refused(`http://localhost:${port}`)).toBe('origin_not_allowed')
  expect(told).toHaveLength(16)
})
