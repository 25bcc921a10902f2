import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SignJWT, exportJWK, generateKeyPair, type CryptoKey, type JWK } from 'jose'
import { describe, expect, test } from 'vitest'
import { createJwksAuth } from '../src/auth/jwks-auth.ts'

const expected = { issuer: 'https://id.example', audience: 'headrace' }
const body = { sub: 'ada', cap: [{ s: '**', op: ['read'] }] }

/** An identity provider: publishes keys, signs tokens, and can be made to fail. */
async function provider() {
  const keys: JWK[] = []
  const state = { fails: false, asked: 0 }
  const server = createServer((_, response) => {
    state.asked += 1
    if (state.fails) response.writeHead(500).end()
    else response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ keys }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // a TCP server that listens has one
  return {
    state,
    url: `http://127.0.0.1:${port}/jwks.json`,
    async key(alg: string, kid: string): Promise<CryptoKey> {
      const { publicKey, privateKey } = await generateKeyPair(alg)
      keys.push({ ...(await exportJWK(publicKey)), alg, kid })
      return privateKey
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function sign(key: CryptoKey | Uint8Array, alg: string, kid: string, claims: object = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1_000)
  const payload = { ...body, iss: expected.issuer, aud: expected.audience, exp: now + 60, ...claims }
  return new SignJWT(payload).setProtectedHeader({ alg, kid }).sign(key)
}

describe('tokens checked with a key set', () => {
  test.each(['EdDSA', 'ES256', 'RS256'])('A1: %s', async (alg) => {
    await using idp = await provider()
    const key = await idp.key(alg, 'k1')
    const auth = createJwksAuth(idp.url, expected)
    expect(await auth.verify(await sign(key, alg, 'k1'))).toMatchObject({ actor: 'user:ada', tenant: 'default' })
    await auth.verify(await sign(key, alg, 'k1'))
    expect(idp.state.asked).toBe(1)
    expect(auth).not.toHaveProperty('mint')
  })

  test('A1: other algorithms are refused, above all one that takes the public key for a secret', async () => {
    await using idp = await provider()
    await idp.key('ES256', 'k1')
    const es384 = await idp.key('ES384', 'k2')
    const auth = createJwksAuth(idp.url, expected)
    const secret = new TextEncoder().encode('the public key as everybody can read it')
    await expect(auth.verify(await sign(secret, 'HS256', 'k1'))).rejects.toMatchObject({
      code: 'unauthenticated',
      message: expect.stringContaining('ES256'),
    })
    await expect(auth.verify(await sign(es384, 'ES384', 'k2'))).rejects.toMatchObject({ code: 'unauthenticated' })
  })

  test.each([
    ['iss', { iss: 'https://evil.example' }],
    ['aud', { aud: 'another-service' }],
    ['aud', { aud: undefined }],
    ['exp', { exp: undefined }],
  ])('A1: a wrong or missing %s is refused by name', async (claim, claims) => {
    await using idp = await provider()
    const key = await idp.key('ES256', 'k1')
    const auth = createJwksAuth(idp.url, expected)
    await expect(auth.verify(await sign(key, 'ES256', 'k1', claims))).rejects.toMatchObject({
      code: 'unauthenticated',
      detail: { claim },
    })
  })

  test('A1: clocks may differ by some seconds, and no more', async () => {
    await using idp = await provider()
    const key = await idp.key('ES256', 'k1')
    const auth = createJwksAuth(idp.url, expected)
    const now = Math.floor(Date.now() / 1_000)
    expect((await auth.verify(await sign(key, 'ES256', 'k1', { exp: now - 1, nbf: now + 2 }))).expiresAt).toBe(
      (now + 4) * 1_000,
    )
    await expect(auth.verify(await sign(key, 'ES256', 'k1', { exp: now - 9 }))).rejects.toMatchObject({
      code: 'token_expired',
    })
  })

  test('A1: a key that is not in the set is refused, and so is the right name with another key', async () => {
    await using idp = await provider()
    await idp.key('ES256', 'k1')
    const { privateKey } = await generateKeyPair('ES256')
    const auth = createJwksAuth(idp.url, expected)
    await expect(auth.verify(await sign(privateKey, 'ES256', 'k2'))).rejects.toMatchObject({
      code: 'unauthenticated',
      message: expect.stringContaining('key set'),
    })
    await expect(auth.verify(await sign(privateKey, 'ES256', 'k1'))).rejects.toMatchObject({
      code: 'unauthenticated',
      message: expect.stringContaining('not signed'),
    })
  })

  test('A1: a key set that is out of reach is not held against the token', async () => {
    await using idp = await provider()
    const key = await idp.key('ES256', 'k1')
    idp.state.fails = true
    const auth = createJwksAuth(idp.url, expected)
    const token = await sign(key, 'ES256', 'k1')
    await expect(auth.verify(token)).rejects.toMatchObject({ code: 'auth_unavailable', retry: 'later', status: 503 })
    idp.state.fails = false
    await auth.verify(token)
  })

  test.each(['http://id.example/jwks.json', 'ftp://id.example', 'jwks.json', ''])(
    'A1: the address "%s" is refused at the start',
    (url) => {
      expect(() => createJwksAuth(url, expected)).toThrow(/must be an https: URL/)
    },
  )

  test('A1: issuer and audience can not be left empty', () => {
    const url = 'https://id.example/jwks.json'
    expect(() => createJwksAuth(url, { ...expected, audience: '' })).toThrow(/audience must be set/)
    expect(() => createJwksAuth(url, { ...expected, issuer: '' })).toThrow(/issuer must be set/)
  })
})
