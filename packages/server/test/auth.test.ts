import { CompactSign, SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { HeadraceError, matches, type Grant } from '@headrace/core'
import type { Auth, TokenClaims } from '../src/auth/auth.ts'
import { covers } from '../src/auth/covers.ts'
import { createSecretAuth, type SecretAuthOptions } from '../src/auth/secret-auth.ts'
import { assertSafeBinding } from '../src/auth/safe-binding.ts'
import { cacheTokens } from '../src/auth/token-cache.ts'
import { bearerToken } from '../src/door/bearer.ts'
import { FakeClock } from './support/fake-clock.ts'

const secret = 'a secret of thirty-two bytes or more'
const claims: TokenClaims = { sub: 'ada', cap: [{ s: 'team-a/*', op: ['read', 'send'] }] }

function open(options: SecretAuthOptions = {}) {
  const clock = new FakeClock()
  return { clock, auth: createSecretAuth(secret, { clock, ...options }) }
}

/** A token with any claims, signed as the server would. */
function forge(
  payload: Record<string, unknown>,
  key = secret,
  header: { alg: string } = { alg: 'HS256' },
): Promise<string> {
  return new SignJWT(payload).setProtectedHeader(header).sign(new TextEncoder().encode(key))
}

/** What a token would be without claims. */
function sign(payload: string): Promise<string> {
  const bytes = new TextEncoder().encode(payload)
  return new CompactSign(bytes).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(secret))
}

async function refusal(work: Promise<unknown>): Promise<HeadraceError> {
  const thrown: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(thrown instanceof HeadraceError)) throw new Error('expected a HeadraceError', { cause: thrown })
  return thrown
}

describe('tokens signed with a secret', () => {
  test('A1: a token says who its bearer is and what they may do', async () => {
    const { auth } = open()
    const all = { sub: 'w', kind: 'agent', name: 'Writer', ten: 'acme', cap: claims.cap, agents: ['writer'] } as const
    expect(await auth.verify(await auth.mint(all, 60, 't-1'))).toEqual({
      tenant: 'acme',
      actor: 'agent:w',
      name: 'Writer',
      capabilities: [{ sessions: 'team-a/*', verbs: ['read', 'send'] }],
      agents: ['writer'],
      expiresAt: 1_060_000,
      issuedAt: 1_000_000,
      jti: 't-1',
    })
  })

  test('A1: a token of another issuer need have no id and no time of issue; a wrong id is refused', async () => {
    const { auth } = open()
    const grant = await auth.verify(await forge({ sub: 'ada', cap: [], exp: 9e9 }))
    expect(grant).not.toHaveProperty('jti')
    expect(grant).not.toHaveProperty('issuedAt')
    for (const jti of ['', 'two words', 'x'.repeat(256), 7]) {
      const token = await forge({ sub: 'ada', cap: [], exp: 9e9, jti })
      expect(await refusal(auth.verify(token))).toMatchObject({ code: 'unauthenticated', detail: { claim: 'jti' } })
    }
  })

  test.each([
    [999.9995, 999_999],
    [1_060, 1_060_000],
    [1_061, undefined],
    [1_000_000, undefined],
    [1e300, undefined],
    ['1000', undefined],
  ])('A1d: a token that says that it was made at %s s is taken to be from %s ms', async (iat, issuedAt) => {
    const { auth } = open()
    const token = forge({ sub: 'ada', cap: [], exp: 9e9, iat })
    if (typeof iat === 'string')
      await expect(token.then((text) => auth.verify(text))).rejects.toMatchObject({ code: 'unauthenticated' })
    else expect((await auth.verify(await token)).issuedAt).toBe(issuedAt)
  })

  test('A1: what a token does not say is the least', async () => {
    const { auth } = open()
    const grant = await auth.verify(await auth.mint({ sub: 'ada', cap: [] }, 60))
    expect(grant).toMatchObject({ tenant: 'default', actor: 'user:ada', capabilities: [], agents: [] })
    expect(grant).not.toHaveProperty('name')
  })

  test('A1: an expired token is refused with the time', async () => {
    const { auth, clock } = open()
    const token = await auth.mint(claims, 60)
    await clock.advance(59_000)
    await auth.verify(token)
    await clock.advance(1_000)
    const error = await refusal(auth.verify(token))
    expect(error).toMatchObject({ code: 'token_expired', retry: 'token' })
    expect(error.message).toContain('1970-01-01T00:17:40.000Z')
  })

  test('A1: one that expired before there were years is expired too', async () => {
    const error = await refusal(open().auth.verify(await forge({ sub: 'ada', cap: [], exp: -1e15 })))
    expect(error).toMatchObject({ code: 'token_expired', message: 'The token expired. Get a new one.' })
  })

  test.each(['a', 'a/b', 'a/*', '*/b', 'a/*/c', 'a/**', '*', '**', 'a/', '/a', 'x'.repeat(512)])(
    'A1a: %s is a pattern of session ids',
    async (s) => {
      const { auth } = open()
      const { capabilities } = await auth.verify(await forge({ sub: 'ada', cap: [{ s, op: ['read'] }], exp: 9e9 }))
      expect(capabilities).toEqual([{ sessions: s, verbs: ['read'] }])
    },
  )

  test.each<[string, Record<string, unknown>]>([
    ['exp', { sub: 'ada', cap: [] }],
    ['exp', { sub: 'ada', cap: [], exp: 'soon' }],
    ['sub', { cap: [], exp: 9e9 }],
    ['sub', { sub: 'has space', cap: [], exp: 9e9 }],
    ['sub', { sub: '', cap: [], exp: 9e9 }],
    ['cap', { sub: 'ada', exp: 9e9 }],
    ['cap', { sub: 'ada', cap: 'all', exp: 9e9 }],
    ['cap[0].op[0]', { sub: 'ada', cap: [{ s: '**', op: ['fly'] }], exp: 9e9 }],
    ['cap[0].s', { sub: 'ada', cap: [{ s: 'team-*', op: ['read'] }], exp: 9e9 }],
    ...['**/x', 'a/**/x', '*x', 'a/***', '', 'a b', 'a/ b', 'x'.repeat(513)].map(
      (s): [string, Record<string, unknown>] => ['cap[0].s', { sub: 'ada', cap: [{ s, op: ['read'] }], exp: 9e9 }],
    ),
    ['cap', { sub: 'ada', cap: Array.from({ length: 257 }, () => ({ s: '**', op: ['read'] })), exp: 9e9 }],
    ['kind', { sub: 'ada', kind: 'system', cap: [], exp: 9e9 }],
    ['ten', { sub: 'ada', ten: 'a!b', cap: [], exp: 9e9 }],
    ['name', { sub: 'ada', name: 'two\nlines', cap: [], exp: 9e9 }],
    ['agents[0]', { sub: 'ada', agents: ['a/b'], cap: [], exp: 9e9 }],
    ['agents[0]', { sub: 'ada', agents: ['a*'], cap: [], exp: 9e9 }],
    ['agents', { sub: 'ada', agents: Array.from({ length: 257 }, () => 'a'), cap: [], exp: 9e9 }],
    ['name', { sub: 'ada', name: 'x'.repeat(129), cap: [], exp: 9e9 }],
    ['nbf', { sub: 'ada', cap: [], exp: 9e9, nbf: 8e9 }],
  ])('A1: a token with a wrong or missing %s is refused by name', async (claim, payload) => {
    const { auth } = open()
    const token = await forge(payload)
    const error = await refusal(auth.verify(token))
    expect(error.code).toBe('unauthenticated')
    expect(error.message).toContain(`claim ${claim} `)
    expect(error.detail).toEqual({ claim })
  })

  test.each<[string, (token: string) => string | Promise<string>]>([
    ['another secret', () => forge({ sub: 'ada', cap: [], exp: 9e9 }, 'another secret of thirty-two bytes')],
    ['another algorithm', () => forge({ sub: 'ada', cap: [], exp: 9e9 }, secret, { alg: 'HS512' })],
    ['no signature', (token) => `${Buffer.from('{"alg":"none"}').toString('base64url')}.${token.split('.')[1]}.`],
    [
      'changed claims',
      (token) =>
        `${token.split('.')[0]}.${Buffer.from('{"sub":"eve","exp":9e9,"cap":[]}').toString('base64url')}.${token.split('.')[2]}`,
    ],
    ['a cut signature', (token) => token.slice(0, -4)],
    ['no JWT at all', () => 'not-a-token'],
    ['no object', () => sign('null')],
    ['a list', () => sign('[{"sub":"ada","exp":9e9,"cap":[]}]')],
    ['no JSON', () => sign('sub=ada')],
    ['nothing', () => ''],
    ['a text far too long', (token) => token + 'x'.repeat(20_000)],
  ])('A1: %s is refused, and no error repeats the token', async (_, change) => {
    const { auth } = open()
    const token = await change(await auth.mint(claims, 60))
    const error = await refusal(auth.verify(token))
    expect(error.code).toBe('unauthenticated')
    const shown = `${error.stack}${JSON.stringify(error.toWire())}${String(error.cause)}`
    if (token !== '') expect(shown).not.toContain(token.slice(0, 60))
    for (const piece of token.split('.').filter((text) => text.length > 16)) expect(shown).not.toContain(piece)
  })

  test('A1: issuer and audience must be the expected ones, and minted tokens have them', async () => {
    const { auth } = open({ issuer: 'https://id.example', audience: 'headrace' })
    await auth.verify(await auth.mint(claims, 60))
    const plain = await open().auth.mint(claims, 60)
    expect(await refusal(auth.verify(plain))).toMatchObject({ code: 'unauthenticated', detail: { claim: 'iss' } })
    const other = await open({ issuer: 'https://id.example', audience: 'another' }).auth.mint(claims, 60)
    expect(await refusal(auth.verify(other))).toMatchObject({ code: 'unauthenticated', detail: { claim: 'aud' } })
  })

  test.each([0, -1, 1.5, 1e12])('mint refuses a life of %s seconds', async (ttl) => {
    expect(await refusal(open().auth.mint(claims, ttl))).toMatchObject({
      code: 'bad_request',
      detail: { path: 'ttlSeconds' },
    })
  })

  test('mint refuses claims that verify would refuse', async () => {
    expect(await refusal(open().auth.mint({ sub: 'a b', cap: [] }, 60))).toMatchObject({
      code: 'bad_request',
      detail: { path: 'sub' },
    })
  })

  test('A2: a secret under 32 bytes is refused, and the error says how to make one', () => {
    expect(() => createSecretAuth('x'.repeat(31))).toThrow(/31 bytes; it needs at least 32.*openssl rand/)
    expect(() => createSecretAuth('')).toThrow(HeadraceError)
    createSecretAuth('é'.repeat(16)) // bytes count, not characters
    createSecretAuth(new Uint8Array(32))
  })
})

describe('the token of a request', () => {
  test.each(['Bearer a.b-c', 'bearer a.b-c', 'BEARER   a.b-c  '])('A1: "%s" has one', (authorization) => {
    expect(bearerToken({ headers: { authorization } })).toBe('a.b-c')
  })

  test.each([
    '',
    'Bearer',
    'Bearer ',
    'a.b-c',
    'Basic a.b-c',
    'Basic Bearer a.b-c',
    'xBearer a.b-c',
    'Bearer a.b-c d',
    'Bearer a,Bearer b',
    'Bearer "a.b-c"',
    'Bearer a\u00a0b',
  ])('A1: "%s" has none', (authorization) => {
    expect(() => bearerToken({ headers: { authorization } })).toThrow(/must be the word Bearer, a space and the token/)
  })
})

describe('where a server may listen', () => {
  const local: Auth = { source: 'local', verify: () => Promise.reject(new Error('unused')) }
  const keys: Auth = { source: 'keys', verify: () => Promise.reject(new Error('unused')) }

  test.each(['127.0.0.1', 'localhost', '::1', '[::1]', '127.8.9.1', '::ffff:127.0.0.1', 'LOCALHOST'])(
    'A2: without keys it may on %s',
    (host) => {
      assertSafeBinding({ host, auth: local })
    },
  )

  test.each([
    '0.0.0.0',
    '::',
    '',
    '192.168.0.7',
    'app.example',
    '127.0.0.1.example',
    '1270.0.0.1',
    'x127.0.0.1',
    '[::1',
    '::1]',
    '[::1]x',
  ])('A2: without keys it may not on "%s"', (host) => {
    expect(() => assertSafeBinding({ host, auth: local })).toThrow(
      /Without configured keys .* bind to 127.0.0.1, or configure keys/,
    )
  })

  test('A2: with keys it may everywhere', () => {
    assertSafeBinding({ host: '0.0.0.0', auth: keys })
  })
})

describe('the cache of verified tokens', () => {
  function counting(expiresAt = 9e15) {
    const seen: string[] = []
    const grant: Grant = { tenant: 'default', actor: 'user:ada', capabilities: [], agents: [], expiresAt }
    const verify = (token: string): Promise<Grant> => {
      seen.push(token)
      return token.startsWith('bad')
        ? Promise.reject(new HeadraceError('unauthenticated', 'no'))
        : Promise.resolve(grant)
    }
    return { seen, auth: { verify } }
  }

  test('A1: a token is verified once, and again when the answer is old', async () => {
    const clock = new FakeClock()
    const { seen, auth } = counting()
    const cached = cacheTokens(auth, { clock, maxAgeMs: 1_000 })
    const [first, again] = [await cached.verify('a'), await cached.verify('a')]
    expect(first).toMatchObject({ actor: 'user:ada' })
    expect(again).toBe(first)
    expect(seen).toEqual(['a'])
    await clock.advance(1_000)
    await cached.verify('a')
    expect(seen).toEqual(['a', 'a'])
  })

  test('A1: a remembered token does not outlive its expiry', async () => {
    const clock = new FakeClock()
    const { seen, auth } = counting(clock.now() + 10)
    const cached = cacheTokens(auth, { clock })
    await cached.verify('a')
    await clock.advance(10)
    await cached.verify('a')
    expect(seen).toEqual(['a', 'a'])
  })

  test('A3: it holds a bounded number, forgets the longest unused, and keeps no refusals', async () => {
    const { seen, auth } = counting()
    const cached = cacheTokens(auth, { clock: new FakeClock(), maxTokens: 2 })
    for (const token of ['a', 'b', 'a', 'c', 'a', 'b']) await cached.verify(token)
    expect(seen).toEqual(['a', 'b', 'c', 'b'])
    await refusal(cached.verify('bad'))
    await refusal(cached.verify('bad'))
    expect(seen.slice(4)).toEqual(['bad', 'bad'])
  })
})

describe('patterns of capabilities', () => {
  test.each([
    ['**', '**'],
    ['**', 'a/*/c'],
    ['a/**', 'a/**'],
    ['a/**', 'a'],
    ['a/**', 'a/*'],
    ['a/*', 'a/b'],
    ['*', 'a'],
    ['a/*/c', 'a/b/c'],
  ])('A1: %s covers %s', (wide, narrow) => expect(covers(wide, narrow)).toBe(true))

  test.each([
    ['a', '**'],
    ['*', '**'],
    ['a/*', 'a/**'],
    ['a/*', 'a'],
    ['a/*', 'a/b/c'],
    ['a/b', 'a/*'],
    ['a/**', 'b/**'],
    ['a/**', '*'],
    ['a', 'ab'],
  ])('A1: %s does not cover %s', (wide, narrow) => expect(covers(wide, narrow)).toBe(false))

  test('A1b: one covers another where every session that fits the other fits it, of all short ones', () => {
    const lists = (letters: readonly string[], most: number): readonly string[] =>
      most === 0
        ? []
        : letters.flatMap((letter) => [letter, ...lists(letters, most - 1).map((rest) => `${letter}/${rest}`)])
    const plain = lists(['a', 'b', '*'], 3)
    const patterns = [...plain, '**', ...lists(['a', 'b', '*'], 2).map((start) => `${start}/**`)]
    const sessions = lists(['a', 'b', 'c'], 4)
    const fitting = new Map(patterns.map((pattern) => [pattern, sessions.filter((id) => matches(pattern, id))]))
    const wrong = patterns.flatMap((wide) =>
      [...fitting]
        .filter(([narrow, ids]) => covers(wide, narrow) !== ids.every((id) => matches(wide, id)))
        .map(([narrow]) => `${wide} ${narrow}`),
    )
    // Both are all sessions; whoever has the longer one is not taken to have the shorter.
    expect(wrong).toEqual(['*/** **'])
  })
})
