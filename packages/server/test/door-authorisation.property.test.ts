import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { verbs, type Verb } from '@headrace/core'
import type { TokenClaims } from '../src/auth/auth.ts'
import { text } from './support/hub.ts'
import { openDoor } from './support/http.ts'

interface Ask {
  readonly method: 'GET' | 'POST'
  /** What follows the path of the session. */
  readonly rest: string
  /** Default: what sessions have. */
  readonly root?: string
  readonly json?: object
  /** All of these, on the session that the path names. */
  readonly needs: readonly Verb[]
}

const command = (body: object): object => ({ body })

/** What the routes need, as PROTOCOL.md says it. Nothing here removes anything, so that every answer stands for itself. */
const asks: readonly Ask[] = [
  { method: 'GET', rest: '', needs: ['read'] },
  { method: 'GET', rest: '/events', needs: ['read'] },
  { method: 'GET', rest: '/events?live=long-poll&waitMs=0', needs: ['read'] },
  { method: 'GET', rest: '/messages', needs: ['read'] },
  { method: 'GET', root: '/v1/stream/sessions/', rest: '', needs: ['read'] },
  { method: 'GET', root: '/v1/stream/sessions/', rest: '?offset=now', needs: ['read'] },
  { method: 'GET', rest: '/agents', needs: ['send'] },
  { method: 'GET', rest: '/shares', needs: ['admin'] },
  { method: 'POST', rest: '/share', json: { ttlSeconds: 1 }, needs: ['admin', 'read'] },
  { method: 'POST', rest: '/commands', json: command({ type: 'post', parts: text('x') }), needs: ['post'] },
  { method: 'POST', rest: '/commands', json: command({ type: 'update', metadata: {} }), needs: ['send'] },
  { method: 'POST', rest: '/commands', json: command({ type: 'cancel', target: { own: true } }), needs: ['send'] },
  { method: 'POST', rest: '/commands', json: command({ type: 'cancel', target: { all: true } }), needs: ['control'] },
  { method: 'POST', rest: '/commands', json: command({ type: 'take-floor' }), needs: ['take-floor'] },
]

const sessions = ['a', 'b', 'a/b', 'a/b/c', 'team/1', 'team/10', 'team-a/1']

/** A pattern with the sessions of this test that it means, written down and not worked out. */
const patterns: readonly (readonly [string, readonly string[]])[] = [
  ['**', sessions],
  ['*', ['a', 'b']],
  ['a', ['a']],
  ['a/*', ['a/b']],
  ['a/**', ['a', 'a/b', 'a/b/c']],
  ['a/*/c', ['a/b/c']],
  ['*/b', ['a/b']],
  ['*/*', ['a/b', 'team/1', 'team/10', 'team-a/1']],
  ['team/*', ['team/1', 'team/10']],
  ['team/1', ['team/1']],
  ['team', []],
  ['*/1', ['team/1', 'team-a/1']],
  ['c/**', []],
]

describe('A1i: the HTTP door', () => {
  test('A1i: lets through what the policy allows and nothing else, whoever asks for whatever', async () => {
    await using server = await openDoor()
    for (const id of sessions) await server.ask('POST /v1/sessions', { json: { id } })
    const capability = fc.tuple(fc.constantFrom(...patterns), fc.subarray([...verbs], { minLength: 1 }))
    const check = async (
      granted: readonly (readonly [(typeof patterns)[number], readonly Verb[]])[],
      session: string,
      { method, root = '/v1/sessions/', rest, json, needs }: Ask,
    ): Promise<void> => {
      const cap: TokenClaims['cap'] = granted.map(([[s], op]) => ({ s, op }))
      const token = await server.mint({ sub: 'x', kind: 'user', cap, agents: [] })
      const line = `${method} ${root}${encodeURIComponent(session)}${rest}`
      const { status, body } = await server.ask(line, { token, ...(json && { json }) })
      const may = needs.every((verb) => granted.some(([[, means], op]) => means.includes(session) && op.includes(verb)))
      expect({ line, cap, isForbidden: status === 403 }).toEqual({ line, cap, isForbidden: !may })
      if (status === 403) expect((body.error ?? body).code).toBe('forbidden')
      expect(status).toBeLessThan(500)
    }
    const property = fc.asyncProperty(
      fc.array(capability, { maxLength: 3 }),
      fc.constantFrom(...sessions),
      fc.constantFrom(...asks),
      check,
    )
    await fc.assert(property, { numRuns: 1_000 })
  })

  test('A1i: lists are of what may be read, whoever asks', async () => {
    await using server = await openDoor()
    for (const id of sessions) await server.ask('POST /v1/sessions', { json: { id } })
    for (const [pattern, means] of patterns) {
      const token = await server.mint({ sub: 'x', kind: 'user', cap: [{ s: pattern, op: ['read'] }] })
      const { body } = await server.ask('GET /v1/sessions', { token })
      expect(body.rows.map(({ id }: { id: string }) => id).sort()).toEqual([...means].sort())
      const others = verbs.filter((verb) => verb !== 'read')
      const blind = await server.mint({ sub: 'x', kind: 'user', cap: [{ s: pattern, op: others }] })
      expect((await server.ask('GET /v1/sessions', { token: blind })).body.rows).toEqual([])
    }
  })
})
